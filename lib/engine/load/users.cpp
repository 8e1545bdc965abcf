#include "engine/load/users.h"

#include "busyhour/error.h"

#include <algorithm>

namespace busyhour::engine::load {
namespace {

std::string padded(std::size_t number, std::size_t digits) {
    std::string text = std::to_string(number);
    return std::string(digits - std::min(digits, text.size()), '0') + text;
}

/// What stands before the next `separator`, which is taken off with it.
std::string_view take(std::string_view& rest, char separator) {
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    return text;
}

constexpr std::size_t name_octets_max = 128;
constexpr std::size_t password_octets_max = 256;

/// What keeps `text` out of a SIP URI or would end a header field; empty where nothing does.
std::string fault_for_uri(const char* what, std::string_view text) {
    const std::string name = what;
    if (text.empty()) return "has no " + name;
    if (text.size() > name_octets_max) {
        return "has a " + name + " of " + std::to_string(text.size()) + " octets, more than " +
               std::to_string(name_octets_max);
    }
    const std::size_t at = text.find_first_of(" \t\"<>@;?\r\n");
    if (at != text.npos) return "has '" + std::string(1, text[at]) + "' in its " + name;
    return {};
}

std::string fault_of_row(std::string_view name, std::string_view password, std::string_view domain,
                         std::string_view rest) {
    if (!rest.empty()) return "has more than three columns";
    if (password.size() > password_octets_max) {
        return "has a password of more than " + std::to_string(password_octets_max) + " octets";
    }
    const std::string fault = fault_for_uri("user", name);
    return fault.empty() ? fault_for_uri("domain", domain) : fault;
}

}  // namespace

std::vector<User> generate_users(std::size_t users_number, const UserNaming& naming) {
    const std::size_t digits = std::max<std::size_t>(std::to_string(users_number).size(), 6);
    std::vector<User> users;
    users.reserve(users_number);
    for (std::size_t i = 1; i <= users_number; ++i) {
        const std::string name = naming.prefix + padded(i, digits);
        users.push_back(
            {name, naming.password_ends_with_name ? naming.password + "-" + name : naming.password,
             naming.domain});
    }
    return users;
}

std::vector<User> read_users(std::string_view text, const std::string& file,
                             const std::string& domain) {
    constexpr std::size_t told_max = 50;
    std::vector<User> users;
    std::vector<Problem> problems;
    std::size_t untold = 0;
    for (std::size_t row = 1; !text.empty(); ++row) {
        const std::string_view line = trimmed(take(text, '\n'));
        if (line.empty() || line.front() == '#' || (row == 1 && line.starts_with("user,"))) {
            continue;
        }
        std::string_view rest = line;
        const std::string_view name = trimmed(take(rest, ','));
        const std::string_view password = trimmed(take(rest, ','));
        const std::string_view own_domain = trimmed(take(rest, ','));
        const std::string_view used_domain = own_domain.empty() ? domain : own_domain;
        const std::string fault = fault_of_row(name, password, used_domain, rest);
        if (fault.empty()) {
            users.push_back({std::string(name), std::string(password), std::string(used_domain)});
        } else if (problems.size() < told_max) {
            problems.push_back(
                {file + ":" + std::to_string(row), fault, "user,password or user,password,domain"});
        } else {
            ++untold;
        }
    }
    if (untold > 0) {
        problems.push_back({file, "has " + std::to_string(untold) + " more wrong rows", ""});
    }
    if (!problems.empty()) throw InputError(problems);
    if (users.empty()) throw InputError(file, "has no user", "rows of user,password[,domain]");
    return users;
}

}  // namespace busyhour::engine::load
