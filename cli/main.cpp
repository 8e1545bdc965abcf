#include "cli/commands.h"

int main(int argc, char** argv) {
    return busyhour::cli::run(argc, argv);
}
