/**
 * @file cases.h
 *
 * The names of all cases, by the file that holds them.
 */
#ifndef CONFORMANCE_CASES_H
#define CONFORMANCE_CASES_H

// clang-format off
#define CONFORMANCE_CASES(CASE) \
  /* status_test.c */                                                         \
  CASE(every_status_has_its_name)                                             \
  CASE(every_status_has_a_sentence_of_its_own_without_a_full_stop)            \
  CASE(an_unknown_status_has_a_name_and_a_sentence_too)                       \
  CASE(the_texts_of_a_status_are_there_for_ever)                              \
  /* version_test.c */                                                        \
  CASE(the_library_is_the_one_that_the_headers_describe)                      \
  /* root_test.c */                                                           \
  CASE(an_elf_note_leads_to_the_slots_of_what_is_alive)                       \
  /* layout_test.c */                                                         \
  CASE(the_initializers_know_the_sizes_and_defaults)                          \
  /* value_test.c */                                                          \
  CASE(simple_values_hold_what_they_were_given)                               \
  CASE(simple_values_cross_unchanged)                                         \
  CASE(up_to_sixteen_bytes_are_stored_in_the_value)                           \
  CASE(copied_text_and_bytes_cross_unchanged)                                 \
  CASE(an_adopted_buffer_is_not_copied_and_is_dropped_once)                   \
  CASE(an_adopted_buffer_crosses_without_a_copy)                              \
  CASE(an_adopted_buffer_without_a_drop_belongs_to_nobody)                    \
  CASE(text_is_utf8)                                                          \
  CASE(a_refused_buffer_stays_the_callers)                                    \
  CASE(only_text_and_bytes_have_data)                                         \
  CASE(a_value_filled_by_hand_from_zero_is_a_value)                           \
  CASE(a_pointer_is_dropped_with_its_address_and_zero)                        \
  CASE(a_borrowed_value_is_only_emptied)                                      \
  CASE(what_was_never_a_value_is_left_alone)                                  \
  CASE(a_drop_executor_runs_the_drop_in_its_poll)                             \
  CASE(a_value_is_dropped_on_the_thread_that_lets_go_last)                    \
  CASE(an_untaken_value_is_dropped_on_its_drop_executor)                      \
  CASE(a_taken_value_keeps_its_drop_executor)                                 \
  CASE(a_text_is_dropped_on_its_drop_executor)                                \
  CASE(a_drop_executor_that_is_closed_leaves_the_drop_where_it_happens)       \
  CASE(a_drop_that_waits_for_its_executor_survives_the_close)                 \
  CASE(a_drop_executor_keeps_no_reference)                                    \
  CASE(a_drop_executor_needs_a_drop_function)                                 \
  CASE(a_drop_runs_with_no_lock_held)                                         \
  /* context_test.c */                                                        \
  CASE(a_context_is_there_inside_and_adds_to_the_one_outside)                 \
  CASE(a_context_that_is_wrong_calls_nothing)                                 \
  CASE(what_runs_in_a_wait_is_outside_of_the_context_of_who_waits)            \
  CASE(a_context_is_read_as_a_whole_and_runs_elsewhere_as_a_copy)             \
  /* trace_context_test.c */                                                  \
  CASE(a_traceparent_is_read_as_w3c_says)                                     \
  CASE(a_tracestate_is_read_as_w3c_says)                                      \
  CASE(a_span_is_below_its_parent)                                            \
  CASE(a_trace_context_goes_with_a_context)                                   \
  CASE(a_trace_context_that_is_wrong_is_refused)                              \
  /* object_test.c */                                                         \
  CASE(an_object_gives_its_pointer_to_who_has_the_mark)                       \
  CASE(an_object_may_have_no_pointer_and_no_drop)                             \
  CASE(the_last_release_drops_an_object_once)                                 \
  CASE(a_released_object_is_stale_for_ever)                                   \
  CASE(an_object_crosses_in_a_value_and_is_found_in_it)                       \
  CASE(a_value_of_something_else_has_no_object)                               \
  CASE(a_drop_may_release_other_objects)                                      \
  CASE(an_object_that_is_released_elsewhere_is_there_or_stale)                \
  /* error_test.c */                                                          \
  CASE(an_error_says_what_it_was_given)                                       \
  CASE(the_texts_of_an_error_are_copies)                                      \
  CASE(the_texts_of_an_error_stay_where_they_are)                             \
  CASE(a_long_text_of_an_error_comes_back_whole)                              \
  CASE(an_error_without_a_message_has_an_empty_one)                           \
  CASE(an_error_needs_a_domain_that_is_not_empty)                             \
  CASE(the_texts_of_an_error_are_utf8)                                        \
  CASE(an_error_lives_as_long_as_its_references)                              \
  CASE(an_error_keeps_its_cause)                                              \
  CASE(an_error_without_a_cause_gives_null)                                   \
  CASE(a_long_chain_of_causes_ends_without_growing_the_stack)                 \
  CASE(a_payload_is_found_again_by_its_type)                                  \
  CASE(an_error_without_a_payload_has_none_of_any_type)                       \
  CASE(a_payload_may_have_nothing_to_drop)                                    \
  CASE(a_payload_is_dropped_once_with_the_last_reference)                     \
  CASE(a_refused_payload_stays_the_callers)                                   \
  CASE(a_payload_is_dropped_on_the_thread_that_releases_last)                 \
  CASE(a_payload_is_dropped_with_no_lock_held)                                \
  CASE(an_error_crosses_a_future_with_all_it_has)                             \
  CASE(errors_are_counted_while_they_live)                                    \
  /* interleaving_test.c */                                                   \
  CASE(every_two_and_three_operations_on_a_future_may_meet)                   \
  /* late_test.c */                                                           \
  CASE(what_is_made_for_an_executor_that_closes_or_has_closed_ends_at_once)   \
  CASE(what_is_made_while_another_thread_closes_is_refused_or_ended)          \
  CASE(what_a_poll_makes_while_another_thread_closes_is_refused_or_ended)     \
  CASE(what_is_made_in_the_midst_of_a_close_is_refused_or_ended)              \
  /* succession_test.c */                                                     \
  CASE(what_comes_late_is_refused_as_closed_and_the_next_executor_knows_nothing_of_it)\
  CASE(what_comes_while_an_executor_is_replaced_is_refused_or_told_of_the_close)\
  CASE(who_waits_while_an_executor_is_replaced_takes_no_interruption_of_the_next)\
  CASE(a_poll_by_an_old_handle_keeps_nobody_from_a_new_executor)              \
  /* stopped_test.c */                                                        \
  CASE(a_poll_that_does_what_somebody_sleeps_for_wakes_him)                   \
  CASE(whoever_is_about_to_sleep_sees_what_comes_before_he_does)              \
  CASE(a_writer_that_waits_while_an_item_is_handed_over_is_told_of_the_room)  \
  CASE(the_last_item_comes_before_the_end_whenever_that_is_seen)              \
  CASE(a_wait_for_no_executor_goes_on_after_a_signal)                         \
  CASE(whoever_waits_for_a_forget_that_is_told_is_woken_when_that_has_returned)\
  /* stopped_close_test.c */                                                  \
  CASE(what_comes_in_the_midst_of_a_close_is_told_once_or_refused)            \
  CASE(a_timer_that_is_cancelled_in_the_midst_of_a_close_is_told_once)        \
  CASE(a_poll_in_the_midst_of_a_close_ends_it_or_is_followed_by_another)      \
  CASE(what_a_poll_binds_while_another_thread_closes_is_cancelled)            \
  CASE(a_close_that_finds_somebody_polling_leaves_its_end_to_him)             \
  CASE(a_poll_that_comes_in_the_midst_of_the_last_release_is_refused)         \
  /* stopped_pool_test.c */                                                   \
  CASE(a_job_that_comes_while_the_only_thread_of_a_pool_goes_to_sleep_runs)   \
  /* stopped_order_test.c */                                                  \
  CASE(a_callback_that_is_forgotten_while_its_future_settles_takes_no_other_with_it)\
  CASE(a_cancel_callback_that_is_forgotten_while_it_is_due_takes_no_other_with_it)\
  CASE(an_item_that_comes_while_its_future_is_cancelled_stays_in_the_stream)  \
  CASE(room_that_comes_while_the_writer_begins_to_wait_is_told)               \
  CASE(an_item_that_is_sent_when_room_comes_leaves_no_wait_behind)            \
  CASE(the_second_to_end_a_stream_returns_when_it_has_ended)                  \
  CASE(a_value_that_comes_while_its_reader_begins_to_wait_is_taken_or_told)   \
  CASE(a_stream_that_is_made_while_its_executor_closes_is_cancelled_or_refused)\
  /* stopped_combinators_test.c */                                            \
  CASE(futures_that_end_while_they_are_combined_end_the_result_as_they_would_else)\
  CASE(a_result_that_the_first_input_decides_is_there_when_the_others_are_cancelled)\
  CASE(a_result_that_is_cancelled_while_its_inputs_end_ends_as_they_do_or_cancelled)\
  /* stopped_reference_test.c */                                              \
  CASE(references_that_two_threads_take_and_give_back_are_counted_and_the_last_one_ends)\
  /* executor_race_test.c */                                                  \
  CASE(every_two_and_three_operations_on_an_executor_may_meet)                \
  CASE(a_descriptor_that_another_thread_asks_for_is_there_or_a_status_says_why) \
  CASE(the_last_handle_may_go_while_others_poll)                              \
  /* home_test.c */                                                           \
  CASE(two_threads_that_poll_in_turn_run_the_jobs_of_one_in_order)            \
  CASE(what_the_loops_thread_adds_meets_a_poll_a_close_a_look_and_a_last_release)\
  CASE(each_thread_knows_how_many_jobs_are_pending)                           \
  CASE(the_loop_is_woken_once_for_what_its_thread_adds)                       \
  CASE(what_was_added_before_runs_before_whoever_added_it)                    \
  /* race_test.c */                                                           \
  CASE(of_many_threads_that_resolve_a_promise_one_wins)                       \
  CASE(of_many_threads_that_end_a_promise_one_wins)                           \
  CASE(of_many_threads_that_take_a_value_one_gets_it)                         \
  CASE(many_threads_release_a_future_and_its_value_is_dropped_once)           \
  CASE(settle_cancel_register_forget_and_release_race_and_all_are_told_once)  \
  CASE(whoever_forgets_knows_that_the_callback_is_over)                       \
  CASE(no_waiter_is_left_behind)                                              \
  CASE(what_an_executor_accepted_before_it_closed_is_told_once)               \
  CASE(a_host_that_was_told_that_it_is_closed_is_never_woken_again)           \
  CASE(a_timer_that_is_cancelled_while_it_is_due_is_told_once)                \
  CASE(handles_that_other_threads_release_are_never_followed)                 \
  CASE(many_threads_release_an_error_and_its_payload_is_dropped_once)         \
  CASE(jobs_of_an_executor_never_run_at_the_same_time)                        \
  CASE(two_executors_on_two_threads_hand_work_to_each_other)                  \
  /* scale_test.c */                                                          \
  CASE(a_close_costs_what_belongs_to_its_executor)                            \
  CASE(a_close_reaches_each_of_very_many)                                     \
  CASE(a_close_reaches_what_a_poll_binds_at_that_moment)                      \
  CASE(jobs_keep_their_order_while_their_queue_grows_and_shrinks)             \
  /* slot_test.c */                                                           \
  CASE(a_slot_that_has_had_all_its_lives_is_stale_and_counted)                \
  CASE(a_callbacks_slot_that_has_had_all_its_lives_is_stale)                  \
  CASE(statistics_are_read_while_other_threads_create)                        \
  CASE(the_name_of_an_executor_is_never_another_ones)                         \
  CASE(the_memory_of_a_burst_is_given_back_and_its_handles_stay_stale)        \
  CASE(bursts_of_several_threads_share_the_memory_that_is_given_back)         \
  CASE(a_thread_leaves_its_free_slots_to_others)                              \
  /* future_test.c */                                                         \
  CASE(a_pending_future_gives_nothing)                                        \
  CASE(a_value_is_lent_many_times_and_taken_once)                             \
  CASE(a_taken_value_can_be_handed_on)                                        \
  CASE(consuming_takes_the_value_and_gives_the_reference_back)                \
  CASE(consuming_leaves_the_references_of_others)                             \
  CASE(consuming_what_has_no_value_keeps_the_reference)                       \
  CASE(an_untaken_value_is_dropped_once_with_the_last_reference)              \
  CASE(a_future_without_a_value_gives_its_error)                              \
  CASE(a_future_with_a_value_has_no_error)                                    \
  CASE(a_future_lives_as_long_as_its_references)                              \
  CASE(a_stale_future_stays_stale_however_often_its_slot_is_used)             \
  CASE(references_to_a_future_are_bounded)                                    \
  CASE(a_million_futures_leave_memory_flat)                                   \
  CASE(what_one_thread_creates_and_others_release_leaves_memory_flat)         \
  CASE(a_cancel_after_settling_keeps_the_value)                               \
  CASE(a_cancel_is_a_request_that_the_producer_answers)                       \
  CASE(on_complete_never_tells_from_inside_itself)                            \
  CASE(on_complete_without_an_executor_registers_nothing_on_a_settled_future) \
  CASE(a_callback_without_an_executor_finds_its_future_settled)               \
  CASE(a_callback_may_register_again)                                         \
  CASE(a_callback_without_an_executor_runs_on_the_thread_that_settles)        \
  CASE(a_callback_with_an_executor_runs_in_its_poll)                          \
  CASE(callbacks_are_told_in_order_of_registration)                           \
  CASE(callbacks_in_different_places_are_each_told_in_order)                  \
  CASE(settling_inside_a_callback_tells_right_after_it)                       \
  CASE(settling_inside_a_job_tells_before_it_returns)                         \
  CASE(a_callback_may_take_the_value)                                         \
  CASE(a_callback_may_keep_the_future)                                        \
  CASE(a_callback_may_release_its_own_handle)                                 \
  CASE(a_callback_is_told_with_no_lock_held)                                  \
  CASE(if_pending_registers_nothing_on_a_settled_future)                      \
  CASE(if_pending_on_a_pending_future_tells_as_on_complete)                   \
  CASE(a_chain_of_a_million_callbacks_does_not_grow_the_stack)                \
  CASE(a_chain_of_waiting_callbacks_does_not_grow_the_stack)                  \
  CASE(a_chain_of_cancels_does_not_grow_the_stack)                            \
  CASE(wait_answers_as_the_future_ended)                                      \
  CASE(wait_gives_up_after_its_timeout)                                       \
  CASE(wait_sees_what_another_thread_settles)                                 \
  CASE(wait_inside_a_poll_is_a_deadlock)                                      \
  CASE(wait_inside_a_poll_answers_at_once_for_a_settled_future)               \
  CASE(wait_polls_an_executor_without_a_loop)                                 \
  CASE(wait_polls_an_executor_that_another_thread_made)                       \
  CASE(several_threads_may_wait_for_work_of_one_executor)                     \
  CASE(wait_on_the_loops_own_thread_for_its_work_is_a_deadlock)               \
  CASE(the_loops_own_thread_is_the_one_that_polled_last)                      \
  CASE(wait_sleeps_while_there_is_nothing_to_do)                              \
  CASE(a_closed_executor_takes_no_callback)                                   \
  /* promise_test.c */                                                        \
  CASE(a_promise_is_created_with_both_ends)                                   \
  CASE(a_wrong_promise_config_is_refused)                                     \
  CASE(a_resolved_value_has_moved)                                            \
  CASE(resolving_with_null_gives_a_value_that_holds_nothing)                  \
  CASE(a_borrowed_value_is_delivered_as_the_loan_that_it_is)                  \
  CASE(a_promise_settles_once)                                                \
  CASE(a_promise_waits_for_nothing_when_it_has_settled)                       \
  CASE(a_value_that_comes_too_late_is_dropped)                                \
  CASE(a_stale_promise_leaves_the_value_with_the_caller)                      \
  CASE(what_is_no_value_leaves_the_promise_pending)                           \
  CASE(a_rejected_error_stays_the_callers)                                    \
  CASE(a_rejection_that_comes_too_late_leaves_the_error_with_the_caller)      \
  CASE(a_stale_error_leaves_the_promise_pending)                              \
  CASE(a_promise_that_is_released_unsettled_breaks)                           \
  CASE(a_promise_that_is_released_after_a_cancel_request_is_cancelled)        \
  CASE(a_promise_cancels_without_a_request)                                   \
  CASE(settling_consumes_the_promise_only)                                    \
  CASE(a_value_that_nobody_can_read_is_dropped)                               \
  CASE(is_cancelled_tells_of_a_request)                                       \
  CASE(on_cancel_is_told_before_cancel_returns)                               \
  CASE(on_cancel_with_an_executor_is_told_in_its_poll)                        \
  CASE(on_cancel_is_told_that_nobody_cancelled)                               \
  CASE(on_cancel_after_the_request_is_told_of_it_on_its_executor)             \
  CASE(on_cancel_after_the_request_answers_so_without_an_executor)            \
  CASE(on_cancel_of_a_settled_future_registers_nothing)                       \
  CASE(on_cancel_callbacks_are_told_in_order_of_registration)                 \
  CASE(a_producer_may_settle_inside_on_cancel)                                \
  CASE(on_cancel_is_told_with_no_lock_held)                                   \
  CASE(the_last_read_end_requests_a_cancel)                                   \
  CASE(the_last_read_end_of_detached_work_requests_nothing)                   \
  CASE(detached_work_can_still_be_cancelled)                                  \
  CASE(a_waiting_callback_counts_as_a_reference)                              \
  CASE(forgetting_the_last_waiting_callback_requests_a_cancel)                \
  CASE(closing_the_executor_of_the_last_waiting_callback_requests_a_cancel)   \
  CASE(a_cancel_carries_its_reason_to_the_producer)                           \
  CASE(a_cancel_without_a_reason_has_a_plain_one)                             \
  CASE(a_reason_ends_with_the_future_however_that_ends)                       \
  CASE(a_cancel_that_comes_too_late_leaves_no_reason)                         \
  /* stream_test.c */                                                         \
  CASE(a_stream_is_created_with_both_ends)                                    \
  CASE(a_wrong_stream_config_is_refused)                                      \
  CASE(a_large_buffer_costs_what_is_used_of_it)                               \
  CASE(items_come_in_order_however_often_the_ring_wraps)                      \
  CASE(batches_move_as_many_as_fit_and_as_are_there)                          \
  CASE(a_sent_value_has_moved_and_one_without_room_has_not)                   \
  CASE(a_large_buffer_is_lent_and_not_copied)                                 \
  CASE(what_is_no_item_is_not_sent)                                           \
  CASE(a_writer_is_told_once_when_there_is_room)                              \
  CASE(a_writer_may_give_up_its_wait)                                         \
  CASE(a_future_of_an_item_is_the_item)                                       \
  CASE(a_reader_that_gives_up_its_wait_loses_no_item)                         \
  CASE(a_settled_item_that_nobody_takes_is_dropped_with_its_future)           \
  CASE(a_batch_wakes_the_reader_once)                                         \
  CASE(a_rendezvous_has_room_while_a_reader_waits)                            \
  CASE(the_end_comes_after_what_is_buffered)                                  \
  CASE(the_end_tells_a_reader_that_waits)                                     \
  CASE(the_end_tells_a_writer_that_waits_for_room)                            \
  CASE(a_cancelled_stream_takes_nothing_and_gives_what_it_has)                \
  CASE(a_writer_may_still_close_a_cancelled_stream)                           \
  CASE(on_cancel_of_a_sink_is_told_that_nobody_cancelled)                     \
  CASE(a_released_stream_drops_what_it_has_and_tells_the_writer)              \
  CASE(a_released_stream_cancels_the_future_of_its_item)                      \
  CASE(what_was_sent_is_received_or_dropped)                                  \
  CASE(the_end_of_a_stream_is_a_future)                                       \
  CASE(who_is_told_of_the_end_finds_the_stream_ended)                         \
  CASE(a_cancel_of_the_end_is_one_of_the_stream)                              \
  CASE(letting_go_of_the_end_cancels_nothing)                                 \
  CASE(the_end_keeps_no_reader_and_outlives_it)                               \
  CASE(the_end_of_a_cancelled_stream_is_asked_for_late)                       \
  CASE(the_end_races_with_cancel_and_release_and_nothing_is_left)             \
  CASE(callbacks_write_and_read_a_whole_stream)                               \
  CASE(a_million_items_cross_threads_in_order)                                \
  CASE(ends_that_are_misused_from_many_threads_lose_no_value)                 \
  CASE(a_batch_of_none_needs_no_values)                                       \
  CASE(waits_that_are_refused_leave_memory_flat)                              \
  CASE(a_writer_that_hears_of_a_cancel_of_the_end_can_send_no_more)           \
  /* stream_order_test.c */                                                   \
  CASE(a_writer_that_is_told_of_a_cancel_finds_it_recorded)                   \
  CASE(a_publisher_that_is_told_of_a_cancel_finds_it_recorded)                \
  CASE(a_close_of_the_writers_executor_is_a_cancel_of_the_stream)             \
  CASE(a_reader_that_is_told_of_the_end_finds_it_recorded)                    \
  CASE(who_is_told_of_room_or_of_an_item_has_it)                              \
  CASE(a_wait_that_is_told_of_its_end_is_over)                                \
  CASE(what_two_threads_know_of_a_cancel_agrees)                              \
  CASE(what_two_threads_know_of_an_end_agrees)                                \
  CASE(an_item_for_a_future_that_nobody_holds_stays)                          \
  CASE(a_latest_value_for_a_future_that_nobody_holds_stays)                   \
  CASE(a_wait_that_nobody_holds_makes_room_for_the_next_one)                  \
  /* descriptor_test.c */                                                     \
  CASE(a_future_waits_until_a_descriptor_is_readable)                         \
  CASE(a_descriptor_is_waited_for_by_any_number_both_ways)                    \
  CASE(a_wait_to_write_is_cancelled_alone)                                    \
  CASE(a_cancel_that_comes_too_late_leaves_who_came_after_alone)              \
  CASE(a_hundred_thousand_wait_for_one_descriptor)                            \
  CASE(many_descriptors_are_told_in_one_poll)                                 \
  CASE(the_end_of_a_descriptor_is_something_to_read)                          \
  CASE(a_file_is_always_ready)                                                \
  CASE(what_cannot_be_waited_for_is_refused)                                  \
  CASE(a_host_of_an_older_release_waits_for_no_descriptors)                   \
  CASE(a_host_that_cannot_watch_is_asked_again_and_one_that_can_is_not)       \
  CASE(a_close_cancels_what_waits_for_descriptors)                            \
  CASE(a_close_ends_each_of_many_that_wait_for_one_descriptor) \
  CASE(a_wait_that_is_cancelled_while_its_number_is_waited_for_again_ends_once) \
  CASE(a_wait_for_a_descriptor_keeps_its_executor_alive_until_it_is_over) \
  CASE(a_closed_descriptors_waits_end_when_its_number_is_waited_for_again)    \
  CASE(an_executors_descriptor_tells_of_those_that_it_waits_for)              \
  CASE(a_thread_that_runs_an_executor_sleeps_on_descriptors_too)              \
  CASE(any_thread_may_wait_for_a_descriptor)                                  \
  CASE(a_wake_that_comes_beside_what_is_waited_for_is_no_descriptors)         \
  CASE(a_thread_that_sleeps_on_descriptors_hears_of_all_else)                 \
  CASE(a_thread_that_sleeps_on_descriptors_hears_of_any_number)               \
  CASE(a_thread_that_sleeps_on_descriptors_turns_no_more_than_it_must)        \
  CASE(what_one_thread_finds_ready_another_ones_poll_may_tell)                \
  CASE(a_descriptor_that_is_asked_for_late_knows_of_what_futures_wait_for)    \
  /* ready_test.c */                                                          \
  CASE(a_reader_is_told_that_an_item_is_there_without_it)                     \
  CASE(a_writer_is_told_that_there_is_room_without_a_value)                   \
  CASE(peek_lends_the_next_item_and_leaves_it)                                \
  CASE(a_batch_with_a_minimum_leaves_fewer_where_they_are)                    \
  CASE(a_minimum_that_can_never_be_reached_is_refused)                        \
  CASE(blocks_of_a_size_cross_threads)                                        \
  /* pipe_test.c */                                                           \
  CASE(a_pipe_moves_items_in_order_and_as_many_as_fit)                        \
  CASE(a_pipe_moves_what_is_there_when_it_begins)                             \
  CASE(a_pipe_moves_in_one_go_whatever_number_fits)                           \
  CASE(a_pipe_goes_on_with_what_its_reader_sends)                             \
  CASE(a_pipe_tells_a_writer_that_waits_for_room)                             \
  CASE(a_pipe_ends_the_sink_as_the_stream_ends)                               \
  CASE(a_cancel_behind_a_pipe_reaches_the_writer_with_its_reason)             \
  CASE(what_a_cancelled_pipe_has_not_moved_is_for_who_has_the_stream)         \
  CASE(a_sink_that_is_ended_under_a_pipe_cancels_the_stream)                  \
  CASE(letting_go_of_the_end_of_a_pipe_cancels_nothing)                       \
  CASE(a_kept_sink_takes_one_stream_after_another)                            \
  CASE(what_is_piped_is_busy_for_others)                                      \
  CASE(a_pipe_that_is_refused_leaves_both_ends_as_they_were)                  \
  CASE(a_chain_of_pipes_does_not_grow_the_stack)                              \
  CASE(a_million_items_go_through_a_pipe_on_a_small_stack)                    \
  CASE(a_million_items_cross_threads_through_pipes_in_order)                  \
  CASE(a_thread_that_pipes_busy_ends_comes_back)                              \
  CASE(a_close_of_either_executor_ends_a_pipe)                                \
  CASE(a_pipe_races_with_its_ends_and_each_value_is_dropped_once)             \
  CASE(a_pipe_that_has_ended_leads_nowhere)                                   \
  CASE(a_pipe_does_not_take_the_place_of_one_that_waits_for_the_end)          \
  /* latest_test.c */                                                         \
  CASE(a_latest_value_is_the_newest_one)                                      \
  CASE(a_replaced_value_is_dropped_once)                                      \
  CASE(a_reader_of_the_latest_value_is_told_of_the_next)                      \
  CASE(a_reader_that_gives_up_misses_no_latest_value)                         \
  CASE(the_end_comes_after_the_latest_value)                                  \
  CASE(a_publisher_hears_that_nobody_looks)                                   \
  CASE(the_end_of_a_latest_value_is_a_future)                                 \
  CASE(each_latest_value_is_seen_or_counted_as_missed)                        \
  /* combinators_test.c */                                                    \
  CASE(all_is_fulfilled_when_each_is)                                         \
  CASE(all_is_rejected_at_once_with_the_very_same_error)                      \
  CASE(all_is_cancelled_with_an_input_that_is)                                \
  CASE(all_settled_waits_for_each_however_it_ends)                            \
  CASE(any_is_fulfilled_by_the_first_that_is)                                 \
  CASE(any_of_none_that_is_fulfilled_is_rejected_for_the_first_input)         \
  CASE(a_race_ends_as_its_first_input_does)                                   \
  CASE(no_inputs_end_as_in_ecmascript)                                        \
  CASE(inputs_that_have_settled_are_seen_at_once)                             \
  CASE(an_input_may_be_given_twice)                                           \
  CASE(a_wrong_handle_among_the_inputs_leaves_all_alone)                      \
  CASE(a_cancel_of_the_result_is_answered_when_the_last_input_has_ended)      \
  CASE(releasing_the_result_cancels_the_inputs)                               \
  CASE(kept_inputs_are_never_cancelled)                                       \
  CASE(a_million_races_against_one_future_leave_memory_flat)                  \
  CASE(a_hundred_thousand_inputs_are_fine)                                    \
  CASE(nesting_does_not_grow_the_stack)                                       \
  CASE(inputs_that_settle_during_the_setup_are_each_counted_once)             \
  CASE(a_wrong_handle_is_refused_also_after_an_input_that_decides)            \
  CASE(a_wait_for_the_result_polls_the_executor_of_its_first_input_that_has_one)\
  CASE(a_wait_for_all_is_a_deadlock_where_the_loop_of_one_would_have_to_turn) \
  /* timeout_test.c */                                                        \
  CASE(a_timeout_moves_the_value_that_came_in_time)                           \
  CASE(a_timeout_passes_failures_on)                                          \
  CASE(a_timeout_rejects_and_cancels_when_the_time_is_over)                   \
  CASE(a_cancelled_timeout_ends_as_its_input_does)                            \
  CASE(a_sleep_ends_at_its_time_and_never_early)                              \
  CASE(a_cancelled_sleep_ends_in_the_next_poll)                               \
  CASE(a_close_ends_sleeps_and_timeouts)                                      \
  CASE(a_timeout_of_a_value_that_somebody_has_taken_says_so)                  \
  CASE(a_time_beyond_the_end_of_time_never_comes)                             \
  /* map_test.c */                                                            \
  CASE(map_hands_the_result_to_its_function)                                  \
  CASE(map_of_a_settled_future_needs_an_executor)                             \
  CASE(a_cancel_of_a_mapped_future_goes_to_the_input)                         \
  CASE(map_is_told_that_its_executor_closed)                                  \
  CASE(maps_one_after_the_other_leave_memory_flat)                            \
  /* signal_test.c */                                                         \
  CASE(an_interrupt_ends_a_wait_that_sleeps)                                  \
  CASE(an_interrupt_ends_all_waits_of_its_executor_and_no_other)              \
  CASE(an_interrupt_that_ends_no_wait_is_kept_for_the_next)                   \
  CASE(an_interrupt_makes_the_descriptor_readable_until_a_poll)               \
  CASE(an_interrupt_wakes_a_host)                                             \
  CASE(a_settled_future_comes_before_an_interrupt)                            \
  CASE(an_interrupt_of_a_closed_executor_says_so)                             \
  CASE(signals_come_at_any_time)                                              \
  /* registration_test.c */                                                   \
  CASE(a_forgotten_callback_is_told_so_before_forget_returns)                 \
  CASE(a_registration_that_was_told_is_stale)                                 \
  CASE(a_callback_that_is_queued_can_still_be_forgotten)                      \
  CASE(a_late_callback_can_still_be_forgotten)                                \
  CASE(a_forgotten_cancel_callback_is_told_so)                                \
  CASE(every_registration_is_told_once_however_it_ends)                       \
  CASE(a_callback_that_forgets_itself_is_not_told_again)                      \
  CASE(a_cancel_callback_that_forgets_itself_is_not_told_again)               \
  CASE(a_callback_may_forget_the_next_one)                                    \
  CASE(a_callback_that_is_told_it_was_forgotten_may_use_tenon)                \
  CASE(forget_waits_for_a_callback_that_runs_elsewhere)                       \
  CASE(a_million_registrations_on_one_future_leave_memory_flat)               \
  CASE(a_million_cancel_registrations_on_one_promise_leave_memory_flat)       \
  CASE(many_registrations_are_forgotten_in_any_order)                         \
  CASE(callbacks_that_are_forgotten_in_their_queue_leave_memory_flat)         \
  CASE(callbacks_that_a_closed_executor_refuses_leave_memory_flat)            \
  /* executor_test.c */                                                       \
  CASE(an_executor_is_created_with_defaults)                                  \
  CASE(a_wrong_executor_config_is_refused)                                    \
  CASE(an_executor_lives_as_long_as_its_references)                           \
  CASE(a_post_runs_in_the_next_poll)                                          \
  CASE(a_poll_needs_neither_budget_nor_result)                                \
  CASE(posts_of_one_thread_run_in_order)                                      \
  CASE(posts_of_each_of_several_threads_run_in_its_order)                     \
  CASE(an_executor_may_be_polled_by_one_thread_after_the_other)               \
  CASE(polling_inside_a_job_is_busy)                                          \
  CASE(polling_from_two_threads_is_busy)                                      \
  CASE(a_job_runs_with_no_lock_held)                                          \
  CASE(an_executor_is_current_inside_its_own_poll_alone)                      \
  CASE(an_executor_counts_what_it_does)                                       \
  CASE(executor_statistics_leave_fields_they_do_not_know)                     \
  CASE(an_executor_counts_what_comes_after_its_close)                         \
  /* poll_test.c */                                                           \
  CASE(when_a_poll_says_no_more_another_one_does_nothing)                     \
  CASE(a_budget_bounds_the_jobs)                                              \
  CASE(a_budget_that_is_just_enough_leaves_no_more)                           \
  CASE(no_bound_is_no_bound)                                                  \
  CASE(a_job_that_posts_itself_for_ever_ends_the_poll_with_more)              \
  CASE(a_timer_that_arms_itself_for_ever_does_not_hold_up_the_poll)           \
  CASE(a_budget_bounds_the_time)                                              \
  CASE(an_interrupt_ends_the_poll_after_the_job)                              \
  CASE(a_poll_with_a_wrong_struct_size_runs_nothing)                          \
  /* executor_fd_test.c */                                                    \
  CASE(the_descriptor_is_readable_while_there_is_work)                        \
  CASE(a_descriptor_that_is_asked_for_in_a_poll_says_what_that_leaves)        \
  CASE(a_descriptor_that_is_asked_for_late_knows_of_the_work)                 \
  CASE(the_descriptor_is_readable_for_each_kind_of_work)                      \
  CASE(the_descriptor_is_readable_when_a_timer_is_due_and_not_before)         \
  CASE(the_descriptor_forgets_a_timer_that_was_cancelled)                     \
  CASE(the_descriptor_moves_to_an_earlier_timer)                              \
  CASE(no_wake_of_the_descriptor_is_lost)                                     \
  CASE(the_descriptor_is_closed_with_its_executor)                            \
  CASE(the_descriptor_stays_open_until_the_last_reference_is_released)        \
  CASE(the_last_release_inside_a_poll_closes_the_descriptor_when_that_has_ended)\
  CASE(a_closed_executor_has_no_descriptor)                                   \
  CASE(an_executor_with_a_host_has_no_descriptor)                             \
  /* run_until_test.c */                                                      \
  CASE(run_until_answers_as_the_future_ended)                                 \
  CASE(run_until_polls_until_the_future_has_settled)                          \
  CASE(run_until_is_woken_by_other_threads)                                   \
  CASE(run_until_gives_up_after_its_timeout)                                  \
  CASE(run_until_null_ends_when_nothing_is_pending)                           \
  CASE(run_until_null_waits_for_a_callback_that_is_pending)                   \
  CASE(run_until_and_a_loop_at_the_descriptor_take_turns)                     \
  CASE(run_until_is_over_in_time_also_while_a_job_posts_itself_for_ever)      \
  CASE(run_until_runs_the_hosts_loop)                                         \
  CASE(run_until_needs_a_host_that_runs_once)                                 \
  CASE(whoever_runs_beside_another_until_nothing_is_pending_ends_as_he_does)  \
  /* executor_close_test.c */                                                 \
  CASE(a_close_tells_every_callback_that_is_left)                             \
  CASE(the_last_release_closes)                                               \
  CASE(a_close_inside_a_job_goes_on_in_that_poll)                             \
  CASE(a_release_of_the_last_reference_inside_a_job_closes)                   \
  CASE(a_close_that_has_begun_is_finished_by_polls)                           \
  CASE(a_close_after_a_close_that_has_begun_is_closed)                        \
  CASE(a_close_may_begin_while_a_poll_runs)                                   \
  CASE(a_close_that_nobody_attends_is_ended_by_whoever_began_it)              \
  CASE(a_callback_that_is_told_of_the_close_may_use_tenon)                    \
  CASE(a_close_ends_although_a_job_posts_itself_for_ever)                     \
  CASE(ten_thousand_executors_leave_memory_flat)                              \
  CASE(a_host_is_told_once_that_it_is_closed)                                 \
  CASE(executors_whose_last_handle_goes_during_a_poll_elsewhere_leave_no_memory)\
  /* executor_host_test.c */                                                  \
  CASE(five_posts_wake_the_host_once)                                         \
  CASE(a_poll_that_leaves_work_wakes_the_host_again)                          \
  CASE(what_a_job_posts_needs_no_wake)                                        \
  CASE(a_host_is_woken_for_each_kind_of_work)                                 \
  CASE(no_wake_of_a_host_is_lost)                                             \
  CASE(a_host_is_kept_alive_while_something_is_pending)                       \
  CASE(a_host_hears_of_what_other_threads_wait_for_in_its_poll)               \
  CASE(a_host_is_told_when_the_next_timer_is_due)                             \
  CASE(a_host_hears_of_timers_of_other_threads_in_its_poll)                   \
  CASE(a_host_without_timers_reads_the_deadline_from_the_poll)                \
  CASE(a_host_is_called_with_no_lock_held)                                    \
  CASE(an_adapter_gets_its_own_context_back)                                  \
  /* idle_test.c */                                                           \
  CASE(run_until_sleeps_while_there_is_nothing_to_do)                         \
  CASE(a_hundred_thousand_pending_futures_use_no_processor_and_no_wake)       \
  CASE(what_has_ended_on_an_executor_takes_no_memory)                         \
  /* host_test.c */                                                           \
  CASE(a_host_is_not_called_before_create_has_returned)                       \
  CASE(a_timer_that_is_armed_outside_of_a_poll_wakes_the_host_and_is_set_in_the_poll)\
  CASE(an_edge_triggered_descriptor_loses_nothing)                            \
  CASE(an_executor_takes_three_descriptors_once_its_own_is_asked_for)         \
  CASE(sixteen_thousand_executors_live_at_a_time)                             \
  CASE(a_callback_that_jumps_out_leaves_its_executor_busy_and_others_alone)   \
  CASE(a_thread_that_ends_in_a_job_leaves_its_executor_busy_and_others_alone) \
  CASE(a_pools_thread_that_ends_in_a_job_counts_as_in_it)                     \
  CASE(after_a_jump_out_of_a_callback_without_executor_a_poll_tells_what_is_left)\
  /* nesting_test.c */                                                        \
  CASE(run_until_nests_in_callbacks_of_the_loop_that_it_turns)                \
  CASE(a_nested_run_until_keeps_its_own_time_and_the_executors_timers)        \
  CASE(a_nested_run_until_without_a_future_ends_when_nothing_is_pending)      \
  CASE(a_job_that_turns_its_loop_is_told_busy_and_loses_nothing)              \
  CASE(a_loop_inside_a_job_may_have_an_executor_of_its_own)                   \
  /* pool_test.c */                                                           \
  CASE(the_statistics_of_a_pool_count_its_threads_and_those_that_have_nothing_to_do)\
  CASE(a_config_of_the_first_release_makes_an_executor_without_threads)       \
  CASE(a_wrong_pool_config_is_refused)                                        \
  CASE(nobody_polls_a_pool)                                                   \
  CASE(a_pool_has_no_thread_before_there_is_work_and_none_long_after)         \
  CASE(a_close_of_a_pool_joins_its_threads)                                   \
  CASE(jobs_of_a_pool_run_at_the_same_time_and_on_no_more_threads_than_it_may_have)\
  CASE(what_a_pools_thread_adds_is_not_left_to_it_although_it_takes_most_itself)\
  CASE(a_job_of_a_pool_does_not_run_on_the_thread_that_posts)                 \
  CASE(a_million_posts_from_eight_threads_run_once_each)                      \
  CASE(jobs_that_make_jobs_are_all_run_and_spread)                            \
  CASE(a_job_may_post_more_than_its_thread_has_room_for)                      \
  CASE(jobs_that_go_on_for_ever_keep_nobody_waiting)                          \
  CASE(callbacks_and_drops_of_a_pool_run_on_its_threads)                      \
  CASE(a_stream_tells_its_ends_on_a_pool)                                     \
  CASE(a_pools_timers_are_never_early_and_need_no_loop)                       \
  CASE(a_timer_of_a_pool_does_not_wait_for_a_job_that_takes_long)             \
  CASE(an_earlier_timer_of_a_pool_comes_before_one_that_is_waited_for)        \
  CASE(run_until_sleeps_until_a_pool_has_settled_a_future_or_the_time_is_over)\
  CASE(who_waits_for_a_pool_that_closes_is_told_so)                           \
  CASE(a_wait_in_a_job_lends_its_thread_and_the_last_one_may_not)             \
  CASE(a_job_may_wait_for_one_that_it_has_made_if_there_is_a_spare_thread)    \
  CASE(a_job_of_a_pool_cannot_wait_for_its_own_end)                           \
  CASE(a_job_of_a_loop_cannot_wait_for_a_pool)                                \
  CASE(a_close_of_a_pool_runs_what_was_accepted_and_refuses_the_rest)         \
  CASE(a_close_of_a_pool_cancels_and_tells_what_is_left)                      \
  CASE(a_close_from_a_thread_of_the_pool_goes_on_without_it)                  \
  CASE(a_close_does_not_wait_for_a_job_for_longer_than_it_may)                \
  CASE(a_thread_that_comes_back_helps_a_close_whose_time_is_over)             \
  CASE(a_thread_that_outlives_the_close_of_a_pool_that_is_kept_leaves_no_stack) \
  CASE(jobs_that_go_on_for_ever_do_not_hold_up_a_close)                       \
  CASE(a_pool_that_begins_to_close_ends_by_itself)                            \
  CASE(a_close_from_a_thread_of_the_pool_ends_when_its_time_is_over)          \
  CASE(a_pool_that_begins_to_close_ends_when_its_time_is_over)                \
  CASE(the_last_release_of_a_pool_closes_it_without_waiting)                  \
  CASE(posts_race_a_close_of_a_pool_and_each_is_told_once_or_refused)         \
  CASE(a_million_futures_tell_a_pool)                                         \
  CASE(a_loop_keeps_the_pool_that_it_was_given)                               \
  CASE(a_loop_takes_no_pool_that_is_none_or_has_closed)                       \
  CASE(a_thousand_results_of_a_pool_wake_a_loop_once)                         \
  CASE(a_pool_from_before_a_fork_says_so_in_the_child)                        \
  CASE(a_job_of_a_pool_may_fork)                                              \
  /* pool_threads_test.c */                                                   \
  CASE(a_pool_whose_threads_are_busy_gets_none_for_a_timer)                   \
  CASE(the_threads_of_a_pool_leave_signals_to_the_hosts)                      \
  CASE(a_pool_that_sleeps_until_a_timer_is_woken_for_an_earlier_one)          \
  CASE(a_thread_that_is_about_to_sleep_sees_the_job_that_comes)               \
  CASE(threads_that_come_and_go_leave_no_stacks)                              \
  CASE(whoever_waits_until_nothing_is_pending_hears_of_the_last_callback_that_is_forgotten)\
  CASE(a_close_tells_what_a_busy_thread_would_have_run_next)                  \
  CASE(pools_whose_jobs_close_each_other_all_end)                             \
  CASE(of_pools_whose_jobs_wait_for_each_other_one_is_told_of_the_deadlock)   \
  CASE(a_thread_that_has_helped_a_loop_runs_jobs_before_it_helps_the_next)    \
  /* parallel_test.c */                                                       \
  CASE(a_parallel_loop_meets_each_index_once_whatever_its_chunks)             \
  CASE(a_parallel_loop_may_have_as_many_indices_as_there_are)                 \
  CASE(no_chunk_of_as_many_as_there_are_begins_twice_when_several_threads_find_it_failed)\
  CASE(the_first_of_as_many_indices_as_there_are_fails_a_parallel_loop)                 \
  CASE(a_failure_ends_a_parallel_loop_that_would_go_on_for_ever)              \
  CASE(a_parallel_loop_tells_the_failure_with_the_lowest_index_when_a_higher_one_comes_later) \
  CASE(a_parallel_loop_needs_threads_of_an_open_pool)                         \
  CASE(the_chunks_of_a_parallel_loop_run_at_the_same_time)                    \
  CASE(parallel_loops_nest_in_each_other_and_in_jobs_on_any_number_of_threads)\
  CASE(a_parallel_loop_does_without_threads_that_have_other_things_to_do)     \
  CASE(a_parallel_loop_tells_the_failure_with_the_lowest_index_and_all_before_it_has_run)\
  CASE(parallel_loops_from_many_threads_borrow_their_stacks)                  \
  CASE(a_parallel_loop_is_cancelled_with_its_scope)                           \
  CASE(a_parallel_loop_fails_its_scope_and_ends_before_it)                    \
  /* time_test.c */                                                           \
  CASE(an_executor_tells_the_time_that_its_deadlines_are_in)                  \
  CASE(a_hosts_time_alone_makes_its_timers_due)                               \
  CASE(a_hundred_thousand_timers_are_each_told_once_in_order_of_deadline)     \
  CASE(timers_are_told_by_deadline_and_equal_ones_in_order_of_arming)         \
  CASE(timers_whose_time_has_passed_are_told_by_deadline)                     \
  CASE(a_timer_that_is_armed_again_for_the_past_leaves_the_others_their_turn) \
  CASE(hours_of_a_hosts_time_take_none)                                       \
  CASE(durations_begin_when_they_are_asked_for_also_between_polls)            \
  CASE(a_scopes_deadline_is_in_its_hosts_time)                                \
  CASE(who_waits_beside_a_loop_with_its_own_time_waits_in_real_time)          \
  CASE(a_close_without_time_runs_what_is_ready_and_tells_the_rest) \
  CASE(the_last_release_gives_a_close_that_has_begun_no_more_time) \
  CASE(a_poll_that_leaves_work_says_when_the_time_of_its_close_is_over) \
  CASE(a_timer_that_is_armed_in_a_poll_and_due_is_told_in_it) \
  CASE(jobs_that_make_jobs_for_ever_keep_no_others_waiting) \
  CASE(of_two_threads_that_run_a_loop_the_second_goes_on_when_the_first_has_ended) \
  CASE(a_wait_for_a_future_is_in_real_time_whatever_its_hosts_time_is)        \
  CASE(a_host_is_not_asked_for_the_time_after_it_was_told_of_the_close)       \
  /* inline_test.c */                                                         \
  CASE(a_wait_inside_a_callback_ends_by_another_callback)                     \
  CASE(a_callback_may_wait_for_what_the_next_callback_of_its_future_does)     \
  CASE(what_a_callback_settles_wakes_other_threads_and_combinators_at_once)   \
  CASE(a_cancel_has_told_everybody_when_it_returns_wherever_it_is_called)     \
  CASE(a_callback_that_is_told_forgotten_may_forget_itself)                   \
  CASE(a_cancel_callback_may_forget_the_next_one)                             \
  /* chain_test.c */                                                          \
  CASE(values_in_values_are_dropped_at_any_depth)                             \
  CASE(errors_in_errors_end_at_any_depth)                                     \
  CASE(drops_that_cancel_and_cancels_that_drop_alternate_at_any_depth)        \
  CASE(futures_made_of_futures_end_at_any_depth)                              \
  CASE(futures_made_of_futures_are_let_go_of_at_any_depth)                    \
  CASE(cancel_callbacks_that_cancel_need_no_stack)                            \
  CASE(scopes_in_scopes_end_at_any_depth)                                     \
  CASE(executors_whose_jobs_let_go_of_executors_close_at_any_depth)           \
  /* close_test.c */                                                          \
  CASE(a_close_ends_whatever_its_callbacks_do)                                \
  /* order_test.c */                                                          \
  CASE(a_cancel_and_its_reason_are_recorded_before_anybody_is_told)           \
  CASE(whoever_is_told_of_an_end_finds_it_everywhere)                         \
  CASE(whoever_is_told_the_result_of_many_finds_the_rest_cancelled)           \
  CASE(whoever_is_told_the_end_of_a_scope_finds_it_ended)                     \
  CASE(whoever_is_told_of_a_failure_finds_its_scope_cancelled)                \
  CASE(a_timer_that_is_told_is_pending_no_more_and_others_are)                \
  CASE(a_callback_that_is_told_is_pending_no_more_and_others_are)             \
  CASE(what_a_job_begins_is_pending_at_once)                                  \
  CASE(whoever_sees_a_part_sees_what_comes_before_it)                         \
  /* timer_test.c */                                                          \
  CASE(now_is_the_monotonic_clock)                                            \
  CASE(a_timer_tells_at_its_time_and_never_early)                             \
  CASE(a_timer_is_late_by_65_microseconds_at_the_most)                        \
  CASE(a_timer_in_the_past_is_due_at_once)                                    \
  CASE(a_timer_of_the_far_future_waits_to_be_cancelled)                       \
  CASE(a_poll_tells_when_the_next_timer_is_due)                               \
  CASE(a_timer_that_waits_forever_sets_no_deadline)                           \
  CASE(a_cancelled_timer_is_told_so_once_in_a_poll_soon)                      \
  CASE(a_second_cancel_of_a_timer_is_settled_until_it_is_told)                \
  CASE(a_timer_that_is_being_told_is_settled)                                 \
  CASE(a_callback_may_cancel_a_timer_that_is_due_as_well)                     \
  CASE(a_timer_may_be_cancelled_by_another_thread)                            \
  CASE(a_timer_may_be_started_by_another_thread)                              \
  CASE(timers_are_told_in_order_of_deadline)                                  \
  CASE(a_hundred_thousand_timers_are_cancelled_in_any_order)                  \
  CASE(a_million_timers_one_after_the_other_leave_memory_flat)                \
  CASE(a_timer_may_be_armed_again_by_its_callback)                            \
  CASE(a_timer_is_told_with_no_lock_held)                                     \
  CASE(a_close_tells_every_timer)                                             \
  CASE(a_closed_executor_takes_no_timer)                                      \
  CASE(the_next_deadline_is_not_that_of_a_timer_that_was_cancelled)           \
  /* scope_test.c */                                                          \
  CASE(an_empty_scope_ends_when_it_is_closed)                                 \
  CASE(a_scope_ends_after_all_that_was_added)                                 \
  CASE(an_ended_scope_takes_nothing)                                          \
  CASE(a_scope_does_not_wait_for_itself)                                      \
  CASE(a_cancel_reaches_all_with_its_reason_and_waits_for_them)               \
  CASE(the_first_failure_cancels_the_siblings)                                \
  CASE(collected_failures_are_counted)                                        \
  CASE(what_has_settled_already_counts_when_it_is_added)                      \
  CASE(a_parent_ends_after_its_children)                                      \
  CASE(a_cancel_goes_down_the_tree_and_a_failure_up)                          \
  CASE(a_cancelled_child_is_no_failure_of_its_parent)                         \
  CASE(a_child_of_a_cancelled_parent_is_cancelled_from_the_beginning)         \
  CASE(a_scope_ends_after_its_streams_and_a_cancel_ends_them)                 \
  CASE(a_stream_that_fails_fails_its_scope_and_is_a_sibling_of_others)        \
  CASE(an_open_scope_that_is_released_is_cancelled_and_ends_by_itself)        \
  CASE(a_closed_scope_that_nobody_reads_is_cancelled)                         \
  CASE(a_deadline_needs_an_executor)                                          \
  CASE(a_deadline_cancels_with_a_reason)                                      \
  CASE(deadlines_are_inherited)                                               \
  CASE(a_close_of_the_executor_cancels_its_scopes)                            \
  CASE(a_hundred_thousand_children_are_fine)                                  \
  CASE(a_deep_tree_does_not_grow_the_stack)                                   \
  CASE(a_million_scopes_leave_memory_flat)                                    \
  CASE(adds_settles_cancels_and_the_end_of_a_scope_race_and_nothing_is_left)  \
  /* process_test.c */                                                        \
  CASE(the_process_has_a_mode)                                                \
  CASE(the_process_keeps_one_object_for_each_name)                            \
  CASE(of_many_that_share_at_once_one_is_first)                               \
  CASE(the_main_queue_is_for_the_first_thread_only)                           \
  CASE(escapes_are_counted_in_the_library_mode_only)                          \
  CASE(the_process_counts_its_futures)                                        \
  CASE(the_process_counts_what_waits_to_be_told)                              \
  CASE(process_statistics_write_no_field_that_they_do_not_know)               \
  /* bad_input_test.c */                                                      \
  CASE(every_function_refuses_null_and_stale_handles)                         \
  CASE(every_function_refuses_handles_of_another_type)                        \
  CASE(every_function_refuses_numbers_that_are_no_handles)                    \
  CASE(every_function_refuses_real_addresses)                                 \
  CASE(a_handle_with_a_bit_flipped_is_never_followed)                         \
  CASE(every_function_refuses_null_for_what_it_needs)                         \
  CASE(the_table_of_functions_names_each_once)                                \
  CASE(every_function_refuses_a_wrong_struct_size)                            \
  CASE(every_function_refuses_unknown_flags_and_reserved_fields)              \
  CASE(every_function_refuses_text_that_is_not_utf8)                          \
  CASE(every_function_refuses_sizes_beyond_any_object)                        \
  CASE(every_function_refuses_numbers_that_are_no_status)                     \
  CASE(every_function_refuses_what_is_no_value)                               \
  CASE(no_time_is_too_long_or_too_short)                                      \
  /* fork_test.c */                                                           \
  CASE(handles_from_before_a_fork_say_so_in_the_child)                        \
  CASE(a_fork_inside_a_job_says_so_in_the_child)                              \
  CASE(a_fork_inside_a_callback_says_so_in_the_child)                         \
  CASE(a_fork_while_other_threads_are_busy_does_not_hang)                     \
  /* fork_return_test.c */                                                    \
  CASE(a_child_that_returns_from_a_job_runs_no_other_and_is_told)             \
  CASE(a_child_that_returns_from_a_job_does_not_hang_on_what_others_had)      \
  CASE(a_child_that_returns_from_a_chunk_begins_no_other_and_is_told)         \
  CASE(a_child_that_returns_from_a_callback_of_a_pools_close_is_told)
// clang-format on

#endif /* CONFORMANCE_CASES_H */
