#include "frames.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace {

struct Looker {
    ~Looker()
    {
        look();
    }
};

__attribute__((noinline)) void deep(int depth)
{
    Looker looker;
    std::vector<int> numbers(static_cast<size_t>(depth) + 3, depth);
    std::for_each(numbers.begin(), numbers.end(), [](int number) {
        if (number == 0)
            throw std::runtime_error("far down");
    });
    deep(depth - 1);
    look();
}

}

extern "C" void look_while_thrown(void)
{
    try {
        deep(5);
    } catch (const std::exception &) {
        look();
        try {
            deep(2);
        } catch (...) {
            look();
        }
    }
}
