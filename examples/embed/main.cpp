#include "busyhour/catalog/embedded.h"
#include "busyhour/unit.h"

#include <iostream>

int main() {
    std::cout << busyhour::to_base_name("expires_min") << '\n'
              << busyhour::embedded_models().size() << " model files are compiled in\n";
    return busyhour::embedded_models().empty() ? 1 : 0;
}
