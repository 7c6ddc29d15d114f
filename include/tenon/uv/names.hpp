/// @file tenon/uv/names.hpp
///
/// tenon::uv::loop::addresses(): what a host is called.
#ifndef TENON_UV_NAMES_HPP
#define TENON_UV_NAMES_HPP

#include <tenon/uv/loop.hpp>
#include <tenon/uv/operation.hpp>

#include <netdb.h>

namespace tenon::uv_detail {
inline namespace TENON_VARIANT {

class look_up final : public request<uv_getaddrinfo_t, std::vector<uv::address>> {
public:
  look_up(std::shared_ptr<core> where, std::string host, std::uint16_t port, int flags)
      : request(std::move(where)), host_(std::move(host)), port_(std::to_string(port)),
        flags_(flags) {}

private:
  void begin() override {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags_ | AI_NUMERICSERV;
    given_to_uv(uv_getaddrinfo(
        core_->loop(), raw(),
        [](uv_getaddrinfo_t *ended, int code, addrinfo *found) {
          auto *const self = behind<look_up>(ended);
          const auto keeps = self->done();
          if (code < 0)
            self->end(code);
          else
            self->succeed([&] {
              std::vector<uv::address> all;
              for (const addrinfo *one = found; one; one = one->ai_next)
                if (const auto address = uv::address::from(one->ai_addr))
                  all.push_back(*address);
              return all;
            });
          uv_freeaddrinfo(found);
        },
        host_.c_str(), port_.c_str(), &hints));
  }

  void cancel() noexcept override {
    request::cancel();
    acknowledge();
  }

  const std::string host_, port_;
  const int flags_;
};

} // namespace TENON_VARIANT
} // namespace tenon::uv_detail

namespace tenon::uv {
inline namespace TENON_VARIANT {

inline future<std::vector<address>> loop::addresses(std::string host, std::uint16_t port,
                                                    int flags) const {
  using uv_detail::look_up;
  return look_up::start(std::make_shared<look_up>(core_, std::move(host), port, flags));
}

} // namespace TENON_VARIANT
} // namespace tenon::uv

#endif // TENON_UV_NAMES_HPP
