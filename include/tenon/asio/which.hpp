/// @file tenon/asio/which.hpp
///
/// Which Asio it is, and what that one can. For the other headers' use.
#ifndef TENON_ASIO_WHICH_HPP
#define TENON_ASIO_WHICH_HPP

#include <utility> // which Boost's own headers forget

#if defined(ASIO_STANDALONE)
#include <asio.hpp>
#define TENON_ASIO ::asio
#define TENON_ASIO_NAME standalone_asio
#define TENON_ASIO_VERSION ASIO_VERSION
#else
#include <boost/asio.hpp>
#define TENON_ASIO ::boost::asio
#define TENON_ASIO_NAME boost_asio
#define TENON_ASIO_VERSION BOOST_ASIO_VERSION
#endif

/// Whether Asio's operations can be cancelled one by one.
#define TENON_ASIO_HAS_SLOTS (TENON_ASIO_VERSION >= 101900)

#endif // TENON_ASIO_WHICH_HPP
