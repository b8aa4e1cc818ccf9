//! Which cases there are; those under `moving_the_clock` let time pass.

/// Turns a list of cases into tests, in a module for each port.
#[doc(hidden)]
#[macro_export]
macro_rules! __contract_cases {
    (
        $fresh:ident $clock:tt
        $($port:ident {
            standing { $($case:ident)* }
            moving_the_clock { $($timed:ident)* }
        })*
    ) => {
        $(
            mod $port {
                $($crate::__contract_case!($fresh $port $case []);)*
                $($crate::__contract_case!($fresh $port $timed $clock);)*
            }
        )*
    };
}

/// Turns one case into a test.
#[doc(hidden)]
#[macro_export]
macro_rules! __contract_case {
    ($fresh:ident $port:ident $case:ident []) => {
        #[test]
        fn $case() {
            $crate::testing::contract::run(super::$fresh, $crate::testing::contract::$port::$case);
        }
    };
    ($fresh:ident $port:ident $case:ident [real_time]) => {
        #[test]
        #[ignore = "moves the clock, and that of this store cannot be moved"]
        fn $case() {
            $crate::testing::contract::run(super::$fresh, $crate::testing::contract::$port::$case);
        }
    };
}

/// The contract of every durable port, as tests. `$fresh` names an async function
/// in scope that gives a [`DurableHarness`](crate::testing::contract::DurableHarness).
#[macro_export]
macro_rules! durable_contract {
    ($fresh:ident) => {
        $crate::durable_contract!(@ $fresh []);
    };
    ($fresh:ident, real_time) => {
        $crate::durable_contract!(@ $fresh [real_time]);
    };
    (@ $fresh:ident $clock:tt) => {
        $crate::__contract_cases! { $fresh $clock
            account {
                standing {
                    a_new_account_is_found_by_id_name_and_address
                    an_account_may_have_neither_address_nor_password
                    usernames_that_look_alike_are_the_same_name
                    addresses_that_differ_in_case_are_the_same_address
                    of_those_who_want_one_name_at_once_one_gets_it
                    of_those_who_want_one_address_at_once_one_gets_it
                    who_is_not_there_is_not_found
                    cards_come_in_the_order_asked_for
                    a_card_says_whether_the_account_is_in_use
                    visibilities_tell_who_is_seen_and_when
                    the_profile_of_a_deleted_account_is_a_tombstone
                    usernames_are_searched_by_how_they_start
                    names_of_other_scripts_are_searched_alike
                    a_search_finds_active_accounts_only
                    a_deleted_account_leaves_its_id_and_nothing_else
                    an_account_is_deleted_once
                    the_address_of_a_deleted_account_is_free_at_once
                    a_changed_profile_is_told_to_its_owner_and_leaves_a_job_for_the_friends
                    a_profile_that_stays_as_it_is_tells_nobody
                    a_fenced_actor_changes_no_account
                    a_new_password_ends_every_session_but_the_one_to_keep
                    a_password_hash_is_upgraded_only_while_it_is_the_one_that_was_read
                    a_new_address_takes_the_place_of_the_old_one
                    of_those_who_take_one_address_at_once_one_gets_it
                    a_disabled_account_loses_its_sessions_and_may_come_back
                    being_invisible_is_kept
                    the_time_last_seen_only_grows
                }
                moving_the_clock {
                    an_account_is_as_old_as_the_stores_clock_says
                    the_name_of_a_deleted_account_stays_reserved_for_90_days
                }
            }
            session {
                standing {
                    a_session_is_ended_by_its_user_alone_and_once
                    a_session_ended_by_several_at_once_ends_once
                    all_sessions_end_but_the_one_to_keep
                    every_end_of_a_session_is_a_revocation
                    an_opened_session_is_listed_and_told_to_its_users_feed
                    an_unknown_session_is_none
                    a_login_needs_an_active_account_with_the_password_that_was_checked
                    one_session_per_device_class_ends_that_of_its_class
                    one_session_in_all_ends_every_other
                    logins_at_once_under_one_session_leave_one
                    a_refresh_token_is_exchanged_for_the_next
                    a_token_that_nobody_has_is_unknown
                    the_tokens_of_an_ended_session_are_unknown
                    presentations_at_once_each_get_a_token_of_their_own
                }
                moving_the_clock {
                    an_ended_session_is_kept_for_an_hour
                    sessions_that_are_not_used_expire
                    no_more_sessions_expire_at_once_than_were_asked_for
                    revocations_are_read_from_a_time_on
                    the_least_recently_used_session_gives_way_to_one_too_many
                    sessions_are_listed_newest_first
                    a_lost_reply_logs_nobody_out
                    an_old_token_presented_after_the_grace_ends_its_session
                    a_token_of_long_ago_is_still_known
                    a_reuse_noticed_by_several_at_once_ends_the_session_once
                    a_refresh_uses_the_session
                }
            }
            friend {
                standing {
                    a_block_is_known_to_the_blocker_alone
                    who_is_blocked_asks_in_vain_and_does_not_see_it
                    a_request_made_during_a_block_reaches_the_other_when_asked_again_after_it
                    a_block_of_a_stranger_makes_no_conversation
                    a_block_of_a_former_friend_changes_nothing_that_they_can_see
                    who_unblocks_and_asks_back_is_a_friend_at_once
                    blocking_closes_a_pending_request_as_a_plain_answer_would
                    a_block_before_any_friendship_is_in_the_conversations_row
                    nobody_gets_more_friends_than_one_may_have
                    nobody_has_more_requests_waiting_than_one_may_have
                    a_full_inbox_takes_no_more_and_does_not_show_it
                    nobody_blocks_more_than_one_may
                    lists_show_profiles_as_they_are_now
                    requests_that_cross_at_once_become_one_friendship
                    a_request_accepted_twice_at_once_is_accepted_once
                    a_request_accepted_and_cancelled_at_once_has_one_end
                    a_block_and_an_acceptance_at_once_leave_one_truth
                    changes_in_a_ring_do_not_wait_for_each_other_for_ever
                    a_request_waits_with_its_greeting_for_the_addressee
                    asking_again_gives_the_same_request
                    only_the_addressee_accepts_or_rejects_and_only_the_asker_cancels
                    accepting_makes_friends_of_both_at_once
                    an_answered_request_is_answered_for_ever
                    requests_that_cross_become_one_friendship
                    some_people_cannot_be_asked
                    a_fenced_actor_changes_no_relation
                    removing_a_friend_ends_it_for_both
                    old_friends_may_become_friends_again_in_the_same_conversation
                    a_remark_is_its_owners_alone_and_goes_with_the_friendship
                    mutual_friends_are_those_without_a_block_in_either_direction
                    all_mutual_friends_are_those_and_no_more_than_asked_for
                }
                moving_the_clock {
                    friends_are_listed_by_time_and_id
                    requests_are_listed_by_time_and_id
                    blocks_are_listed_by_time_and_id
                }
            }
            message {
                standing {
                    an_acknowledged_message_is_in_the_history_as_it_was_sent
                    any_text_comes_back_byte_for_byte
                    seqs_are_dense_and_in_the_order_of_the_batch
                    an_empty_batch_is_nothing
                    a_batch_of_the_greatest_size_is_one_commit
                    a_repeated_message_id_gets_its_first_seq_and_time
                    a_repeat_in_one_batch_is_stored_once
                    a_repeat_is_answered_where_writing_has_ended_meanwhile
                    a_message_id_used_for_another_text_is_a_conflict
                    message_ids_are_told_apart_by_sender_and_by_conversation
                    a_refused_message_leaves_no_hole_and_the_rest_of_the_batch_is_stored
                    a_stranger_and_nobodys_conversation_get_the_same_answer
                    writing_needs_friendship_and_no_block_in_either_direction
                    cursors_only_grow
                    what_is_read_is_delivered
                    a_cursor_beyond_the_head_is_refused_and_stays
                    a_cursor_may_follow_a_message_of_its_own_batch
                    a_cursor_that_did_not_move_says_so
                    cursors_move_where_writing_has_ended
                    cursors_moved_at_once_end_at_the_furthest
                    an_ended_session_writes_nothing
                    a_session_that_never_was_writes_nothing
                    nobody_writes_with_the_session_of_another
                    only_the_newest_connection_of_a_session_writes
                    a_claim_fences_what_follows_it_in_its_own_batch
                    a_claim_needs_an_open_session_of_its_user
                    claims_made_at_once_each_get_a_generation_of_their_own
                    history_pages_back_from_the_newest_to_the_first
                    history_pages_on_from_a_seq_to_the_newest
                    only_members_read_and_the_answer_to_others_is_that_of_nothing
                    who_is_no_friend_any_more_still_reads_what_was_said
                    a_conversation_shows_its_head_its_cursors_and_whether_one_may_write
                    the_same_ids_in_two_interleaved_batches_are_stored_once
                    one_message_sent_by_many_at_once_is_stored_once
                    many_writers_leave_one_dense_log_in_which_each_ones_order_stands
                    once_a_session_has_ended_nothing_of_it_is_stored
                    once_a_block_stands_nothing_is_stored
                    batches_over_the_same_conversations_do_not_wait_for_each_other_for_ever
                    changed_conversations_come_newest_change_first_in_pages
                    what_changed_after_a_stamp_comes_again_and_nothing_else
                    what_changes_after_a_horizon_comes_after_it
                    what_changes_nothing_is_no_change
                    changed_logs_tell_heads_and_readers_oldest_change_first
                    a_changed_conversation_tells_which_cursors_moved_and_when
                    pages_of_changed_logs_omit_none
                    who_reads_from_horizon_to_horizon_misses_nothing
                    the_epoch_stays_as_long_as_the_store_lives
                }
                moving_the_clock {
                    times_are_those_of_the_stores_clock
                    a_claim_uses_the_session
                }
            }
            feed {
                standing {
                    a_feed_is_read_in_order_from_any_place
                    every_kind_of_change_comes_back_as_it_was_told
                    a_feed_written_by_many_at_once_is_dense
                    a_long_feed_is_cut_from_its_old_end
                    no_more_feeds_are_cut_at_once_than_were_asked_for
                }
                moving_the_clock {
                    entries_bear_the_time_of_the_stores_clock
                }
            }
            job {
                standing {
                    a_job_that_is_not_there_is_done
                    a_changed_profile_reaches_every_friend_once_page_by_page
                    friends_are_told_the_profile_as_it_is_when_the_page_is_written
                    jobs_are_listed_oldest_first
                    a_job_advanced_by_several_at_once_does_each_page_once
                    who_leaves_is_nobodys_friend_and_their_conversations_are_closed_but_readable
                    the_requests_of_who_leaves_are_cancelled_before_the_other_side
                    the_blocks_by_and_of_who_leaves_are_gone
                    who_has_left_is_befriended_by_nobody_even_before_the_job_is_done
                    a_departure_done_by_several_at_once_tells_each_friend_once
                }
                moving_the_clock {
                }
            }
            notice {
                standing {
                    a_channel_begins_with_what_changes_from_now_on
                    the_place_of_a_channel_never_moves_back
                    who_lacks_messages_is_due_and_finds_what_waits
                    who_has_it_all_or_wrote_it_all_is_not_noted
                    a_conversation_that_is_not_there_is_noted_for_nobody
                    a_long_stretch_of_own_messages_is_looked_at_when_it_is_due
                    what_was_told_is_not_told_again_and_what_is_new_is
                    what_was_delivered_meanwhile_is_told_no_more
                    what_is_noted_while_it_is_being_told_is_due_again
                    a_notice_is_taken_by_one_and_settled_once
                    who_notes_at_once_loses_nothing
                    no_more_are_taken_than_asked_for
                    what_waits_comes_by_conversation_and_what_is_left_over_is_due_again
                    channels_do_not_know_of_each_other
                    of_who_is_forgotten_nothing_is_left
                    of_very_many_messages_the_first_are_counted_and_all_are_told
                }
                moving_the_clock {
                    a_notice_is_due_after_its_wait_longest_due_first
                    a_taken_notice_is_due_again_when_its_hold_is_over
                    a_notice_that_is_put_off_comes_again_with_its_tries
                    who_was_told_is_left_in_peace
                }
            }
        }
    };
}

/// The contract of [`CodeStore`](crate::verification::CodeStore), as tests. `$fresh` names an async function
/// in scope that gives a [`CodeHarness`](crate::testing::contract::CodeHarness).
#[macro_export]
macro_rules! code_contract {
    ($fresh:ident) => {
        $crate::code_contract!(@ $fresh []);
    };
    ($fresh:ident, real_time) => {
        $crate::code_contract!(@ $fresh [real_time]);
    };
    (@ $fresh:ident $clock:tt) => {
        $crate::__contract_cases! { $fresh $clock
            code {
                standing {
                    a_right_code_is_taken_once
                    a_code_that_was_never_issued_is_refused
                    a_code_is_good_for_its_address_and_purpose_alone
                    wrong_tries_void_a_code_after_as_many_as_the_policy_says
                    wrong_tries_at_once_are_all_counted
                    of_right_tries_at_once_exactly_one_is_taken
                    of_codes_issued_at_once_one_is_good
                    a_code_that_came_to_nothing_is_put_back
                }
                moving_the_clock {
                    a_newer_code_voids_the_older
                    no_code_is_issued_before_the_pause_is_over
                    the_pause_stands_where_the_code_is_void
                    a_code_is_void_when_its_lifetime_is_over
                    a_code_put_back_is_good_no_longer_than_it_was
                    no_older_code_is_put_back_over_a_newer_one
                }
            }
        }
    };
}

/// The contract of [`RateLimiter`](crate::guard::RateLimiter), as tests. `$fresh` names an async function
/// in scope that gives a [`LimiterHarness`](crate::testing::contract::LimiterHarness).
#[macro_export]
macro_rules! limiter_contract {
    ($fresh:ident) => {
        $crate::limiter_contract!(@ $fresh []);
    };
    ($fresh:ident, real_time) => {
        $crate::limiter_contract!(@ $fresh [real_time]);
    };
    (@ $fresh:ident $clock:tt) => {
        $crate::__contract_cases! { $fresh $clock
            limiter {
                standing {
                    a_bucket_gives_its_burst_and_then_says_when_to_come_back
                    buckets_are_told_apart_by_action_and_subject
                    of_many_at_once_the_burst_is_allowed
                    failures_cost_nothing_at_first_and_then_twice_as_much_each
                    failures_at_once_are_all_counted
                    failures_are_forgiven
                }
                moving_the_clock {
                    a_bucket_refills_evenly_and_no_further_than_full
                    what_is_refused_is_not_counted
                    a_wait_runs_out
                    failures_are_forgotten_after_a_while_without_any
                }
            }
        }
    };
}

/// The contract of [`LockStore`](crate::guard::LockStore), as tests. `$fresh` names an async function
/// in scope that gives a [`LockHarness`](crate::testing::contract::LockHarness).
#[macro_export]
macro_rules! lock_contract {
    ($fresh:ident) => {
        $crate::lock_contract!(@ $fresh []);
    };
    ($fresh:ident, real_time) => {
        $crate::lock_contract!(@ $fresh [real_time]);
    };
    (@ $fresh:ident $clock:tt) => {
        $crate::__contract_cases! { $fresh $clock
            lock {
                standing {
                    one_holds_a_lock_until_it_is_released
                    tokens_grow_with_every_holder
                    of_those_who_want_a_lock_at_once_one_gets_it
                    a_released_lease_is_not_renewed
                }
                moving_the_clock {
                    a_lease_runs_out_by_itself
                    who_overslept_neither_renews_nor_releases_the_lock_of_the_next
                    a_renewed_lease_counts_from_its_renewal
                }
            }
        }
    };
}

/// The contract of [`SessionDirectory`](crate::routing::SessionDirectory) and
/// [`NodeRegistry`](crate::routing::NodeRegistry) of one backend, as tests. `$fresh` names an async function
/// in scope that gives a [`RoutingHarness`](crate::testing::contract::RoutingHarness).
#[macro_export]
macro_rules! routing_contract {
    ($fresh:ident) => {
        $crate::routing_contract!(@ $fresh []);
    };
    ($fresh:ident, real_time) => {
        $crate::routing_contract!(@ $fresh [real_time]);
    };
    (@ $fresh:ident $clock:tt) => {
        $crate::__contract_cases! { $fresh $clock
            directory {
                standing {
                    who_has_claimed_is_found_where_they_are
                    a_newer_claim_takes_the_session_over
                    a_claim_with_the_same_generation_updates_the_entry
                    a_late_release_keeps_the_newer_claim
                    a_session_is_released_under_its_user_alone
                    of_claims_made_at_once_the_newest_stands
                    entries_of_a_node_that_withdrew_are_not_found
                    a_session_of_a_lapsed_node_is_free_for_any_claim
                    entries_of_a_node_without_a_lease_are_not_found
                }
                moving_the_clock {
                    entries_lapse_with_the_lease_of_their_node
                    a_node_that_comes_back_claims_its_sessions_anew
                }
            }
            registry {
                standing {
                    an_announced_node_lives_and_is_as_it_says
                    a_new_announcement_replaces_the_old_one
                    a_node_that_withdraws_is_gone_at_once
                    an_unknown_node_has_nothing_to_renew
                }
                moving_the_clock {
                    a_lease_that_is_renewed_goes_on
                    a_lease_that_ran_out_needs_a_new_announcement
                    a_new_announcement_starts_the_lease_anew
                }
            }
        }
    };
}

/// The contract of [`CacheStore`](crate::cache::CacheStore), as tests. `$fresh` names an async function
/// in scope that gives a [`CacheHarness`](crate::testing::contract::CacheHarness).
#[macro_export]
macro_rules! cache_contract {
    ($fresh:ident) => {
        $crate::cache_contract!(@ $fresh []);
    };
    ($fresh:ident, real_time) => {
        $crate::cache_contract!(@ $fresh [real_time]);
    };
    (@ $fresh:ident $clock:tt) => {
        $crate::__contract_cases! { $fresh $clock
            cache {
                standing {
                    who_misses_may_fill_and_the_others_find_it
                    while_one_reads_the_others_may_not_fill
                    without_a_lease_nothing_is_filled
                    a_fill_of_what_was_read_before_a_change_is_refused
                    what_was_forgotten_is_not_found
                    every_value_comes_back_as_it_was
                    many_are_looked_for_filled_and_forgotten_at_once_each_for_itself
                    of_many_who_miss_at_once_one_may_fill
                    whichever_comes_first_nothing_old_is_left_after_a_change
                }
                moving_the_clock {
                    a_value_ends_by_itself
                    a_lease_ends_by_itself_and_who_overslept_does_not_fill
                    a_lease_that_is_asked_for_again_lasts_no_longer
                }
            }
        }
    };
}
