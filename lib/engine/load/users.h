#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour::engine::load {

/// Who registers and calls.
struct User {
    std::string name;
    std::string password;
    std::string domain;  ///< of the address of record
};

/// How generated users are called.
struct UserNaming {
    std::string prefix = "user";
    std::string domain;
    std::string password = "secret";      ///< of all of them,
    bool password_ends_with_name = true;  ///< followed by "-" and the name
};

/// `users_number` users: user000001, user000002, ...; all names have the same length.
std::vector<User> generate_users(std::size_t users_number, const UserNaming& naming);

/// The users of a file of rows `user,password[,domain]`; empty lines and lines that begin with '#'
/// are skipped, and a first line that begins with "user,". Throws InputError with "file:row" for a
/// row that is none. `domain` stands where a row has none.
std::vector<User> read_users(std::string_view text, const std::string& file,
                             const std::string& domain);

}  // namespace busyhour::engine::load
