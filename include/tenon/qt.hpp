/// @file tenon/qt.hpp
///
/// Runs an executor on the event loop of a thread of Qt's, 5 or 6, and makes futures of QFutures and
/// QFutures of futures. pkg-config: tenon-qt6, tenon-qt5; CMake: Tenon::qt.
///
///     tenon::executor executor = tenon::attach_qt();     its jobs run in this thread's event loop
///     tenon::future<int> future = tenon::from_qt(QtConcurrent::run(compute));
///     QFuture<int> result = tenon::to_qt(std::move(future));
///
/// A fork's child may go on with its loop: there executors answer
/// TENON_STATUS_FORKED, and keep it alive for nothing.
#ifndef TENON_QT_HPP
#define TENON_QT_HPP

#include <tenon/adapter.h>
#include <tenon/tenon.hpp>

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QCoreApplication>
#include <QtCore/QEvent>
#include <QtCore/QException>
#include <QtCore/QFuture>
#include <QtCore/QFutureInterface>
#include <QtCore/QFutureWatcher>
#include <QtCore/QPointer>
#include <QtCore/QSocketNotifier>
#include <QtCore/QTimerEvent>

namespace tenon {
namespace qt_detail {

/// The adapter's descriptor and its timer, as one object of the thread's.
class qt_notifier final : public QSocketNotifier {
public:
  explicit qt_notifier(tenon_adapter_t *adapter)
      : QSocketNotifier(adapter->fd, QSocketNotifier::Read), adapter_(adapter) {
    // The thread ends, or the application: its objects stay, and get no events any more.
    QObject::connect(static_cast<QObject *>(adapter->loop), &QObject::destroyed, this, [this] {
      if (tenon_adapter_t *const left = leave())
        tenon_adapter_gone(left);
    });
  }

  void set_timer(std::uint64_t deadline_ns) {
    if (timer_ != 0)
      killTimer(std::exchange(timer_, 0));
    if (deadline_ns != TENON_FOREVER)
      timer_ = startTimer(tenon_adapter_rest_ms(deadline_ns), Qt::PreciseTimer);
  }

  /// Has the adapter told of one more descriptor, too, as long as this lives.
  void watch(int fd) { watcher_ = new watcher(fd, this); }

  /// It goes, now or when its event has returned.
  tenon_adapter_t *leave() {
    tenon_adapter_t *const left = std::exchange(adapter_, nullptr);
    set_timer(TENON_FOREVER);
    setEnabled(false);
    if (watcher_)
      watcher_->setEnabled(false);
    if (depth_ != 0)
      deleteLater();
    else
      delete this;
    return left;
  }

protected:
  bool event(QEvent *event) override {
    if (event->type() != QEvent::SockAct)
      return QSocketNotifier::event(event);
    depth_++;
    if (adapter_)
      tenon_adapter_ready(adapter_);
    depth_--;
    return true;
  }

  void timerEvent(QTimerEvent *) override {
    depth_++;
    set_timer(TENON_FOREVER);
    if (adapter_)
      tenon_adapter_due(adapter_);
    depth_--;
  }

private:
  /// Of the descriptors that futures wait for; a child.
  class watcher final : public QSocketNotifier {
  public:
    watcher(int fd, qt_notifier *owner)
        : QSocketNotifier(fd, QSocketNotifier::Read, owner), owner_(owner) {}

  protected:
    bool event(QEvent *event) override {
      if (event->type() != QEvent::SockAct)
        return QSocketNotifier::event(event);
      owner_->depth_++;
      if (owner_->adapter_)
        tenon_adapter_watched(owner_->adapter_);
      owner_->depth_--;
      return true;
    }

  private:
    qt_notifier *owner_;
  };

  tenon_adapter_t *adapter_;
  watcher *watcher_ = nullptr;
  int timer_ = 0;
  unsigned depth_ = 0; // events on the stack
};

struct qt_adapter {
  tenon_adapter_t adapter;
  qt_notifier *notifier;

  static qt_notifier &of(tenon_adapter_t *adapter) noexcept {
    return *reinterpret_cast<qt_adapter *>(adapter)->notifier;
  }
};

inline const tenon_adapter_operations_t &qt_operations() {
  static const tenon_adapter_operations_t operations = [] {
    tenon_adapter_operations_t made{};
    made.name = "qt";
    made.size = sizeof(qt_adapter);
    made.attach = [](tenon_adapter_t *adapter) -> tenon_status_t {
      reinterpret_cast<qt_adapter *>(adapter)->notifier = new qt_notifier(adapter);
      return TENON_STATUS_OK;
    };
    made.set_timer = [](tenon_adapter_t *adapter, std::uint64_t deadline_ns) {
      qt_adapter::of(adapter).set_timer(deadline_ns);
    };
    made.run_once = [](tenon_adapter_t *adapter) {
      static_cast<QAbstractEventDispatcher *>(adapter->loop)
          ->processEvents(QEventLoop::WaitForMoreEvents);
      return true;
    };
    made.detach = [](tenon_adapter_t *adapter) {
      static_cast<void>(qt_adapter::of(adapter).leave());
      tenon_adapter_detached(adapter);
    };
    made.watch = [](tenon_adapter_t *adapter, int fd) -> tenon_status_t {
      qt_adapter::of(adapter).watch(fd);
      return TENON_STATUS_OK;
    };
    return made;
  }();
  return operations;
}

} // namespace qt_detail

/// An executor whose jobs run in the event loop of this thread: the main one's, with a QCoreApplication, or
/// a QThread's. The loop may end before or after the detach. A QEventLoop inside a job runs everything
/// else. Throws tenon::error: TENON_STATUS_UNSUPPORTED if this thread has no event loop.
[[nodiscard]] inline executor attach_qt(const tenon_adapter_config_t *config = nullptr) {
  QAbstractEventDispatcher *const dispatcher = QAbstractEventDispatcher::instance();
  detail::require(dispatcher ? TENON_STATUS_OK : TENON_STATUS_UNSUPPORTED);
  tenon_executor_t *handle = nullptr;
  detail::require(tenon_adapter_attach(&qt_detail::qt_operations(), dispatcher, config, &handle));
  return executor::adopt(handle);
}

/// Closes the executor and takes it off its loop: tenon_uv_detach(), which this is for Qt.
inline tenon_status_t detach_qt(tenon_executor_t *executor, std::uint64_t timeout_ns,
                                tenon_adapter_detached_fn fn = nullptr,
                                void *context = nullptr) noexcept {
  return tenon_adapter_detach(executor, &qt_detail::qt_operations(), timeout_ns, fn, context);
}

// MARK: QFutures

/// The first result of a QFuture, which is told in this thread's event loop. A cancel goes both ways, an exception
/// comes out as it went in.
template <class T> [[nodiscard]] future<T> from_qt(QFuture<T> source) {
  promise<T> made;
  future<T> result = made.get_future();
  made.on_cancel(nullptr, [source]() mutable { source.cancel(); });
  auto *const watcher = new QFutureWatcher<T>;
  QObject::connect(watcher, &QFutureWatcherBase::finished, watcher,
                   [watcher, shared = std::make_shared<promise<T>>(std::move(made))] {
                     QFuture<T> ended = watcher->future();
                     watcher->deleteLater();
                     if (ended.isCanceled() && ended.resultCount() == 0) {
                       try {
                         ended.waitForFinished(); // throws, if that is why
                         shared->cancel();
                       } catch (...) {
                         shared->set_exception(std::current_exception());
                       }
                       return;
                     }
                     try {
                       if constexpr (std::is_void_v<T>)
                         shared->set_value();
                       else if (ended.resultCount() == 0)
                         shared->cancel(); // it has none
                       else
                         shared->set_value(ended.result());
                     } catch (...) {
                       shared->set_exception(std::current_exception());
                     }
                   });
  watcher->setFuture(source);
  return result;
}

/// A QFuture for the same result. A cancel of it, told in this thread's event loop, is one of the future; an
/// exception is thrown by its result(), in Qt 5 as a QUnhandledException.
template <class T> [[nodiscard]] QFuture<T> to_qt(future<T> source) {
  QFutureInterface<T> made;
  made.reportStarted();
  QFuture<T> result = made.future();
  auto *const watcher = new QFutureWatcher<T>;
  QObject::connect(
      watcher, &QFutureWatcherBase::canceled, watcher,
      [lent = std::make_shared<future<T>>(future<T>::borrow(source.handle()))] { lent->cancel(); });
  QObject::connect(watcher, &QFutureWatcherBase::finished, watcher, &QObject::deleteLater);
  watcher->setFuture(result);
  source
      .then(nullptr,
            [made](future<T> ended) mutable {
              try {
                if constexpr (std::is_void_v<T>)
                  ended.get();
                else
                  made.reportResult(ended.get());
              } catch (const cancelled &) {
                made.reportCanceled();
              } catch (...) {
#if QT_VERSION >= QT_VERSION_CHECK(6, 0, 0)
                made.reportException(std::current_exception());
#else
                made.reportException(QUnhandledException());
#endif
              }
              made.reportFinished();
            })
      .detach();
  return result;
}

} // namespace tenon

#endif // TENON_QT_HPP
