//! (h) Many futures as one: as many as the variant says are made, combined, settled and let go of. Per future.

use crate::{ns_per_op, run_as_task, turn, Bench};
use futures::{future::join_all, stream::FuturesUnordered, StreamExt};
use std::time::Instant;
use tokio::{sync::oneshot, task};

pub fn run(bench: &Bench) -> f64 {
    let (iterations, count) = (bench.iterations, bench.variant);
    let is_race = bench.subject == "race";
    run_as_task(async move {
        let start = Instant::now();
        let mut done = 0;
        while done < iterations {
            let (promises, futures): (Vec<_>, Vec<_>) =
                (0..count).map(|_| oneshot::channel::<u64>()).unzip();
            let result = if is_race {
                task::spawn(async {
                    let mut all: FuturesUnordered<_> = futures.into_iter().collect();
                    all.next().await.unwrap().unwrap()
                })
            } else {
                task::spawn(async { join_all(futures).await.len() as u64 })
            };
            // The task comes to wait before anything is there.
            turn().await;
            for promise in promises.into_iter().rev() {
                let _ = promise.send(1);
            }
            assert!(result.await.unwrap() >= 1);
            done += count;
        }
        ns_per_op(start, iterations)
    })
}
