//! (f) The same as ../c/timers.c. A sleep is armed when it is polled first, cancelled when dropped.

use crate::{ns_per_op, run_as_task, turn, Bench};
use std::{
    future::{poll_fn, Future},
    pin::{pin, Pin},
    sync::atomic::{AtomicU64, Ordering},
    task::Poll,
    time::{Duration, Instant},
};
use tokio::{task, time};

const OTHERS: usize = 100_000;
const BATCH: u64 = 1000;

/// The fixed sequence of numbers of ../c/bench.h.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) & 0xffff_ffff
    }
    fn far(&mut self) -> Duration {
        Duration::from_millis(10_000 + self.next() % 990_000)
    }
    fn near(&mut self) -> Duration {
        Duration::from_millis(1 + self.next() % 100)
    }
}

async fn arm(mut sleep: Pin<&mut time::Sleep>) {
    poll_fn(|context| {
        assert!(sleep.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await
}

async fn arm_cancel(iterations: u64) -> f64 {
    let mut random = Random(1);
    let mut others = Vec::with_capacity(OTHERS);
    for _ in 0..OTHERS {
        let mut sleep = Box::pin(time::sleep(random.far()));
        arm(sleep.as_mut()).await;
        others.push(sleep);
    }
    let start = Instant::now();
    let mut begun = 0;
    while begun < iterations {
        let now = time::Instant::now();
        for _ in 0..BATCH {
            let sleep = pin!(time::sleep_until(now + random.far()));
            arm(sleep).await;
        }
        begun += BATCH;
        turn().await;
    }
    ns_per_op(start, iterations)
}

async fn fire(iterations: u64) -> f64 {
    static TOLD: AtomicU64 = AtomicU64::new(0);
    let mut random = Random(1);
    for i in 0..iterations {
        let delay = random.near();
        task::spawn(async move {
            time::sleep(delay).await;
            TOLD.fetch_add(1, Ordering::Relaxed);
        });
        if i % 1000 == 999 {
            turn().await; // lets them begin to sleep
        }
    }
    turn().await;
    std::thread::sleep(Duration::from_millis(150));
    let early = TOLD.load(Ordering::Relaxed);
    let start = Instant::now();
    while TOLD.load(Ordering::Relaxed) < iterations {
        task::yield_now().await; // visits the driver of time
    }
    ns_per_op(start, iterations - early)
}

pub fn run(bench: &Bench) -> f64 {
    match bench.variant {
        0 => run_as_task(arm_cancel(bench.iterations)),
        _ => run_as_task(fire(bench.iterations)),
    }
}
