// Boost's Asio, or the standalone one: the same library, of two ages.
#ifndef BENCH_EITHER_ASIO_HPP
#define BENCH_EITHER_ASIO_HPP

#ifdef ASIO_STANDALONE
#include <asio.hpp>
using error_code = asio::error_code;
#else
#include <utility> // Boost 1.74 forgets it

#include <boost/asio.hpp>
namespace asio = boost::asio;
using error_code = boost::system::error_code;
#endif

#endif // BENCH_EITHER_ASIO_HPP
