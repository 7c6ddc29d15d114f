//! The workloads of ../c and ../cpp, with tokio and its neighbours.
//!
//! Called as `bench-rust WORKLOAD SUBJECT ITERATIONS [VARIANT]`; prints one line of JSON.

mod call;
mod combine;
mod memory;
mod pool;
mod post;
mod promise;
mod stream;
mod timers;
mod wake;

use std::{future::Future, task::Poll, time::Instant};
use tokio::runtime::{Builder, Runtime};

pub struct Bench {
    pub subject: String,
    pub iterations: u64,
    pub variant: u64,
}

/// Makes a runtime that runs on the calling thread, as a loop of one's own would.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Lets the other tasks run. Unlike `yield_now()` it does not visit the drivers of I/O and time.
pub async fn turn() {
    let mut woken = false;
    std::future::poll_fn(|context| {
        if woken {
            return Poll::Ready(());
        }
        woken = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// Runs a future as a task of the runtime: yielding is then cheaper than in `block_on` itself.
pub fn run_as_task<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    runtime().block_on(async { tokio::spawn(future).await.unwrap() })
}

pub fn ns_per_op(start: Instant, operations: u64) -> f64 {
    start.elapsed().as_nanos() as f64 / operations as f64
}

/// Pins the calling thread to the n-th of the process's processors, counted round.
pub fn pin(n: usize) {
    use std::sync::OnceLock;
    static ALL: OnceLock<Vec<usize>> = OnceLock::new();
    // SAFETY: plain system calls on sets that live on this stack.
    unsafe {
        let all = ALL.get_or_init(|| {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            libc::sched_getaffinity(0, std::mem::size_of_val(&set), &mut set);
            (0..libc::CPU_SETSIZE as usize).filter(|&cpu| libc::CPU_ISSET(cpu, &set)).collect()
        });
        let mut one: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(all[n % all.len()], &mut one);
        libc::sched_setaffinity(0, std::mem::size_of_val(&one), &one);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.len() < 4 {
        eprintln!("usage: {} WORKLOAD SUBJECT ITERATIONS [VARIANT]", arguments[0]);
        std::process::exit(2);
    }
    let bench = Bench {
        subject: arguments[2].clone(),
        iterations: arguments[3].parse().unwrap(),
        variant: arguments.get(4).map_or(0, |text| text.parse().unwrap()),
    };
    let value = match arguments[1].as_str() {
        "promise" => promise::oneshot(&bench),
        "block" => promise::block(&bench),
        "callback" => promise::callback(&bench),
        "wake" => wake::run(&bench),
        "post" => post::run(&bench),
        "call" => call::run(&bench),
        "combine" => combine::run(&bench),
        "fork" => pool::run_fork(&bench),
        "loop" => pool::run_loop(&bench),
        "memory" => memory::run(&bench),
        "stream" => stream::run(&bench),
        "timers" => timers::run(&bench),
        workload => panic!("no workload {workload:?}"),
    };
    println!(
        "{{\"workload\": \"{}\", \"subject\": \"{}\", \"value\": {value:.3}}}",
        arguments[1], bench.subject
    );
}
