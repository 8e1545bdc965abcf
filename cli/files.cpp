#include "cli/files.h"

#include "busyhour/error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

namespace busyhour::cli {
namespace {

constexpr std::size_t file_max = 256U << 20U;

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

std::string read_all(std::FILE* file, const std::string& name) {
    std::string text;
    std::array<char, 65536> buffer{};
    while (true) {
        const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), file);
        text.append(buffer.data(), n);
        if (text.size() > file_max) {
            throw InputError(name, "is larger than 256 MiB", "is it the right file?");
        }
        if (n < buffer.size()) break;
    }
    if (std::ferror(file) != 0) fail("cannot read " + name);
    return text;
}

bool write_all(const std::string& path, std::string_view text) {
    const File file(std::fopen(path.c_str(), "wb"));
    if (!file) return false;
    const bool is_written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
    return is_written && std::fflush(file.get()) == 0;
}

}  // namespace

std::string read_file(const std::string& path) {
    if (path == "-") return read_all(stdin, "standard input");
    const File file(std::fopen(path.c_str(), "rb"));
    if (!file) fail("cannot open " + path);
    return read_all(file.get(), path);
}

void write_file(const std::string& path, std::string_view text) {
    namespace fs = std::filesystem;
    // A device, a pipe or a link is written to, never replaced.
    const fs::file_type type = fs::symlink_status(path).type();
    const bool is_replaced = type == fs::file_type::regular || type == fs::file_type::not_found;
    const std::string target = is_replaced ? path + ".part" : path;
    if (!write_all(target, text)) {
        const int reason = errno;
        if (is_replaced) std::remove(target.c_str());
        errno = reason;
        fail("cannot write " + path);
    }
    if (is_replaced && std::rename(target.c_str(), path.c_str()) != 0) fail("cannot write " + path);
}

std::vector<ModelPatch> read_models_folder(const std::string& folder) {
    namespace fs = std::filesystem;
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file() && entry.path().extension() == ".json") {
            paths.push_back(entry.path());
        }
    }
    std::sort(paths.begin(), paths.end());
    std::vector<ModelPatch> patches;
    patches.reserve(paths.size());
    for (const fs::path& path : paths) {
        patches.push_back({.kind = path.parent_path().filename().string(),
                           .name = path.stem().string(),
                           .patch = parse_json(read_file(path.string()), path.string()),
                           .origin = path.string()});
    }
    return patches;
}

}  // namespace busyhour::cli
