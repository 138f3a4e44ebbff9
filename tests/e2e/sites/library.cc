/* A library with a function of its own that it exports, FUNCTION, and one that it does not. */
namespace net {

class Client {
public:
    explicit Client(void (*take)(void)) : take_(take)
    {
    }
    __attribute__((noinline)) void read();

private:
    void (*take_)(void);
};

static volatile int mark;

__attribute__((noinline)) void Client::read()
{
    take_();
    mark = mark + 1;
}

}

__attribute__((noinline)) static void hidden(void (*take)(void))
{
    net::Client(take).read();
    net::mark = net::mark + 2;
}

extern "C" __attribute__((visibility("default"))) void FUNCTION(void (*take)(void))
{
    hidden(take);
    net::mark = net::mark + 3;
}
