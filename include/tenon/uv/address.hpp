/// @file tenon/uv/address.hpp
///
/// tenon::uv::address: an IPv4 or IPv6 address, and a port.
#ifndef TENON_UV_ADDRESS_HPP
#define TENON_UV_ADDRESS_HPP

#include <tenon/uv/core.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <netinet/in.h>
#include <string>

namespace tenon::uv {
inline namespace TENON_VARIANT {

class address {
public:
  /// An address in numbers: "127.0.0.1", "::1", "fe80::1%eth0". Nothing is looked up. Throws tenon::error, domain "uv",
  /// with EINVAL if it is none.
  address(const std::string &host, std::uint16_t port) {
    sockaddr_in four{};
    sockaddr_in6 six{};
    if (uv_ip4_addr(host.c_str(), port, &four) == 0)
      keep(&four, sizeof four);
    else if (const int code = uv_ip6_addr(host.c_str(), port, &six))
      detail::raise(uv_detail::uv_error(code, host));
    else
      keep(&six, sizeof six);
  }

  /// Copies a socket's address; nothing if it is none, or neither IPv4 nor IPv6.
  [[nodiscard]] static std::optional<address> from(const sockaddr *raw) {
    address made;
    if (!raw)
      return std::nullopt;
    if (raw->sa_family == AF_INET)
      made.keep(raw, sizeof(sockaddr_in));
    else if (raw->sa_family == AF_INET6)
      made.keep(raw, sizeof(sockaddr_in6));
    else
      return std::nullopt;
    return made;
  }

  [[nodiscard]] bool is_ipv6() const noexcept { return raw()->sa_family == AF_INET6; }

  /// In numbers, without the port.
  [[nodiscard]] std::string host() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    uv_ip_name(raw(), text.data(), text.size());
    const std::uint32_t scope = is_ipv6() ? as_six().sin6_scope_id : 0;
    if (scope == 0)
      return text.data();
    std::array<char, UV_IF_NAMESIZE> name{};
    size_t size = name.size();
    return std::string(text.data()) + "%" +
           (uv_if_indextoiid(scope, name.data(), &size) == 0 ? std::string(name.data())
                                                             : std::to_string(scope));
  }

  [[nodiscard]] std::uint16_t port() const noexcept {
    sockaddr_in four; // both kinds have it at the same place
    std::memcpy(&four, &storage_, sizeof four);
    return ntohs(four.sin_port);
  }

  /// "127.0.0.1:80", "[::1]:80".
  [[nodiscard]] std::string text() const {
    return (is_ipv6() ? "[" + host() + "]" : host()) + ":" + std::to_string(port());
  }

  /// Lent to C.
  [[nodiscard]] const sockaddr *raw() const noexcept {
    return reinterpret_cast<const sockaddr *>(&storage_);
  }

  friend bool operator==(const address &left, const address &right) noexcept {
    return std::memcmp(&left.storage_, &right.storage_, sizeof left.storage_) == 0;
  }
  friend bool operator!=(const address &left, const address &right) noexcept {
    return !(left == right);
  }

private:
  address() = default;

  void keep(const void *raw, std::size_t size) noexcept { std::memcpy(&storage_, raw, size); }

  [[nodiscard]] sockaddr_in6 as_six() const noexcept {
    sockaddr_in6 copy;
    std::memcpy(&copy, &storage_, sizeof copy);
    return copy;
  }

  sockaddr_storage storage_{};
};

} // namespace TENON_VARIANT
} // namespace tenon::uv

#endif // TENON_UV_ADDRESS_HPP
