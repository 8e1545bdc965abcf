// Runs a fuzzer over files instead of random bytes: every regression run replays the corpus.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

void replay(const std::filesystem::path& file) {
    std::cout << file.filename().string() << std::endl;  // flushed: a crash is in the last line
    std::ifstream stream(file, std::ios::binary);
    const std::vector<char> octets{std::istreambuf_iterator<char>(stream), {}};
    const std::vector<std::uint8_t> data(octets.begin(), octets.end());
    LLVMFuzzerTestOneInput(data.data(), data.size());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: " << argv[0] << " CORPUS_FOLDER\n";
        return 2;
    }
    const std::vector<std::filesystem::path> files = files_in(argv[1]);
    if (files.empty()) {
        std::cerr << argv[1] << " holds no file to replay\n";
        return 1;
    }
    std::for_each(files.begin(), files.end(), replay);
    std::cout << files.size() << " files replayed\n";
    return 0;
}
