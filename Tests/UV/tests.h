/**
 * @file tests.h
 *
 * The list of tests, grouped by subject: one file each. "Host hazard N" at a test names one of the
 * things, by their number in the project's list of hazards, that hosts did to others.
 */
#ifndef UV_TESTS_H
#define UV_TESTS_H

#define UV_TESTS(X)                                                                                \
  /* attach_test.c */                                                                              \
  X(attach_refuses_what_is_wrong_and_leaves_the_loop_alone)                                        \
  X(attach_takes_each_field_of_its_configuration)                                                  \
  X(uv_walk_shows_one_poll_handle_and_one_timer)                                                   \
  X(jobs_run_on_the_loops_thread_in_uv_run)                                                        \
  X(attach_works_inside_uv_run)                                                                    \
  X(one_loop_has_several_executors)                                                                \
  X(several_loops_run_in_several_threads)                                                          \
  X(the_default_loop_is_closed_and_made_again)                                                     \
  X(a_loops_memory_is_used_for_a_new_loop)                                                         \
  X(get_loop_answers_the_loop_on_any_thread)                                                       \
  X(an_executor_on_no_libuv_loop_is_unsupported)                                                   \
  X(attach_and_detach_leave_no_descriptor_behind)                                                  \
  X(attach_without_a_descriptor_left_has_no_resources)                                             \
  X(descriptors_are_closed_on_exec)                                                                \
  X(a_child_process_spawned_with_work_in_flight_disturbs_nothing)                                  \
  /* bad_input_test.c */                                                                           \
  X(every_function_refuses_what_is_wrong)                                                          \
  X(no_time_that_a_detach_is_given_is_too_long)                                                    \
  /* detach_test.c */                                                                              \
  X(detach_works_before_the_loop_ever_ran)                                                         \
  X(detach_is_told_in_uv_run_and_keeps_the_loop_alive_until_then)                                  \
  X(uv_loop_close_is_busy_until_the_detach_is_complete)                                            \
  X(release_comes_before_or_after_or_during_the_detach)                                            \
  X(a_second_detach_is_closed)                                                                     \
  X(detach_needs_nobody_to_be_told)                                                                \
  X(detach_on_another_thread_is_refused_and_changes_nothing)                                       \
  X(detach_works_inside_a_job)                                                                     \
  X(detach_and_release_work_inside_a_futures_callback)                                             \
  X(detach_works_inside_a_callback_of_the_host)                                                    \
  X(who_is_told_of_a_detach_may_attach_again)                                                      \
  X(everything_pending_is_told_before_the_detach_is)                                               \
  X(requests_that_a_detach_cancels_are_still_owed_their_callback)                                  \
  X(an_executor_that_is_closed_directly_leaves_its_loop)                                           \
  X(an_executor_that_is_closed_inside_a_job_leaves_its_loop)                                       \
  X(a_close_begun_on_another_thread_takes_it_off_the_loop)                                         \
  X(a_close_that_ends_on_another_thread_takes_it_off_the_loop)                                     \
  X(a_detach_that_is_cut_short_says_so)                                                            \
  X(jobs_sent_against_a_detach_are_each_told_once)                                                 \
  X(futures_settled_against_a_detach_are_each_told_once)                                           \
  X(timers_cancelled_against_a_detach_are_each_told_once)                                          \
  X(get_loop_and_detach_on_other_threads_are_harmless_at_any_time)                                 \
  /* liveness_test.c */                                                                            \
  X(an_idle_executor_does_not_keep_the_loop_alive)                                                 \
  X(an_idle_executor_lets_the_hosts_own_handles_decide)                                            \
  X(a_post_from_another_thread_keeps_no_idle_loop_alive)                                           \
  X(a_loop_that_is_not_alive_never_polls)                                                          \
  X(a_pending_callback_keeps_the_loop_alive_until_it_is_told)                                      \
  X(a_forgotten_callback_keeps_nothing_alive)                                                      \
  X(a_pending_timer_keeps_the_loop_alive_until_it_is_told)                                         \
  X(a_cancelled_timer_keeps_nothing_alive)                                                         \
  X(the_loops_own_post_keeps_it_alive_also_after_a_post_from_elsewhere)                            \
  X(the_loops_own_timer_keeps_it_alive_also_after_a_post_from_elsewhere)                           \
  X(liveness_comes_and_goes_any_number_of_times)                                                   \
  X(an_unreferenced_executor_keeps_nothing_alive_but_its_detach)                                   \
  X(a_detach_of_many_turns_keeps_the_loop_alive_for_all_of_them)                                   \
  X(a_loop_lives_for_what_another_threads_poll_has_begun)                                          \
  X(a_hundred_thousand_pending_futures_let_the_loop_sleep)                                         \
  /* wake_test.c */                                                                                \
  X(five_posts_are_one_wake_and_five_jobs)                                                         \
  X(posts_of_many_threads_before_the_loop_runs_run_once_and_in_order)                              \
  X(posts_of_many_threads_while_the_loop_runs_run_once_and_in_order)                               \
  X(posts_before_the_loop_runs_run_once)                                                           \
  X(posts_inside_jobs_run_once_and_never_inside_the_post)                                          \
  X(posts_in_each_kind_of_host_callback_run_once)                                                  \
  X(no_wake_is_lost_at_the_end_of_a_poll)                                                          \
  X(uv_run_once_blocks_while_no_job_is_due)                                                        \
  X(uv_run_nowait_runs_what_was_posted)                                                            \
  /* timer_test.c */                                                                               \
  X(timers_are_never_early)                                                                        \
  X(timers_started_in_timers_are_never_early_and_all_come)                                         \
  X(a_timer_comes_without_anything_else_happening)                                                 \
  X(a_nearer_timer_comes_first_and_a_farther_one_still_comes)                                      \
  X(a_timer_in_the_past_is_due_at_once)                                                            \
  X(a_far_deadline_does_not_overflow)                                                              \
  X(a_timer_started_on_another_thread_comes)                                                       \
  X(a_timer_that_is_started_in_another_threads_poll_comes)                                         \
  X(a_timer_costs_one_turn)                                                                        \
  X(timers_are_right_on_a_loop_whose_clock_is_old)                                                 \
  /* host_test.c */                                                                                \
  X(an_embedding_host_sees_a_job_of_its_own_thread)                                                \
  X(an_embedding_host_sees_a_job_of_another_thread)                                                \
  X(an_embedding_host_sees_timers_in_its_timeout)                                                  \
  X(an_embedding_host_completes_a_detach)                                                          \
  X(uv_stop_in_a_job_returns_after_that_job_and_the_rest_runs_next_time)                           \
  X(uv_stop_before_the_batch_leaves_all_of_it_for_next_time)                                       \
  X(uv_stop_during_a_detach_only_delays_it)                                                        \
  X(jobs_max_bounds_a_turn)                                                                        \
  X(time_ns_max_bounds_a_turn_and_even_one_nanosecond_gets_on)                                     \
  X(a_job_that_posts_itself_for_ever_starves_neither_timers_nor_io)                                \
  X(a_timer_that_is_always_due_starves_no_timer_of_the_host)                                       \
  X(senders_outlive_a_loop_whose_host_closed_every_handle)                                         \
  X(a_detach_before_the_host_closes_every_handle_is_told_in_uv_run)                                \
  X(a_detach_between_the_hosts_closing_and_its_last_uv_run_is_told_once)                           \
  X(a_host_closes_every_handle_inside_a_job)                                                       \
  X(a_host_closes_one_of_the_two_handles)                                                          \
  X(what_the_host_closes_is_there_until_libuv_is_done_with_it)                                     \
  X(what_is_used_after_the_host_closed_every_handle_touches_no_loop)                               \
  X(an_executor_closed_after_the_host_closed_every_handle_is_gone_after_the_detach)                \
  X(run_until_runs_the_hosts_handles_too)                                                          \
  X(run_until_sleeps_in_the_loop_until_another_thread_settles)                                     \
  X(run_until_ends_when_its_time_is_over)                                                          \
  X(run_until_keeps_its_time_and_the_timers_when_the_host_has_closed_the_handles)                  \
  X(run_until_nests_in_a_callback_of_the_loop_that_run_until_turns)                                \
  X(run_until_returns_when_a_timer_settles_right_before_the_loop_sleeps)                           \
  X(run_until_without_a_future_ends_when_nothing_is_pending)                                       \
  X(a_detach_ends_run_until)                                                                       \
  X(a_detach_that_completes_inside_run_until_leaves_nothing_to_touch)                              \
  X(a_job_that_runs_the_loop_loses_nothing)                                                        \
  /* fork_test.c */                                                                                \
  X(every_call_in_a_forks_child_is_forked)                                                         \
  X(a_child_that_goes_on_with_the_loop_does_not_wait_for_the_parents_work)                         \
  X(a_fork_during_a_detach_leaves_both_loops_working)                                              \
  X(a_child_that_goes_on_with_the_loop_takes_none_of_the_parents_wakes)                            \
  X(a_fork_while_other_threads_are_in_every_call_hangs_nowhere)                                    \
  X(a_job_may_fork)

#endif /* UV_TESTS_H */
