"""What the chat example says and offers when something does not work."""

from __future__ import annotations

import re

import pytest
from chat_kit import DONE, MESSAGE, Chat, stream

from flexsdk.sandbox import Fault

pytest.importorskip("playwright", reason="no browser tests: pip install playwright")
from playwright.async_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_an_error_in_mid_answer_keeps_what_has_come_and_names_the_code(chat: Chat) -> None:
    await chat.asked("Show me an error")

    alert = chat.answer.get_by_role("alert")
    await expect(alert).to_contain_text("The answer failed")
    await expect(alert).to_contain_text("The model provider refused the request")
    await expect(alert).to_contain_text("MODEL_ERROR")
    await expect(chat.text).to_contain_text("You asked")


async def test_a_failed_question_is_asked_again_in_its_place(chat: Chat) -> None:
    chat.sandbox.flapjack.faults.add(Fault.status(500), operation=MESSAGE, requests=[1])
    await chat.asked("Is it done?")
    await expect(chat.answer.get_by_role("alert")).to_contain_text("The answer failed")

    await chat.button("Try again").click()

    await expect(chat.text).to_contain_text("You asked")
    await expect(chat.page.get_by_role("alert")).to_have_count(0)
    await expect(chat.page.get_by_role("article")).to_have_count(1)
    assert len(chat.sandbox.flapjack.calls(MESSAGE)) == 2


async def test_a_rate_limit_is_counted_down_before_the_question_may_be_asked_again(chat: Chat) -> None:
    await chat.page.clock.install()
    chat.sandbox.flapjack.faults.add(Fault.status(429, retry_after=300), operation=MESSAGE)
    await chat.asked("Is it done?")
    await expect(chat.answer.get_by_role("alert")).to_contain_text("Too many requests")
    await expect(chat.page.get_by_role("button", name=re.compile(r"Try again in \d+ s"))).to_be_disabled()

    await chat.page.clock.fast_forward(301_000)

    await expect(chat.button("Try again")).to_be_enabled()
    assert len(chat.sandbox.flapjack.calls(MESSAGE)) == 1


async def test_a_short_rate_limit_is_not_seen_at_all(chat: Chat) -> None:
    chat.sandbox.flapjack.faults.add(Fault.status(429, retry_after=0), operation=MESSAGE, requests=[1])

    await chat.asked("Is it done?")

    await expect(chat.text).to_contain_text("You asked")
    await expect(chat.page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("clean", [True, False], ids=["like a whole one", "without its end"])
async def test_a_cut_answer_is_not_taken_for_a_whole_one(chat: Chat, clean: bool) -> None:
    chat.sandbox.flapjack.script(stream(("token", {"delta": "It begins"}), DONE))
    chat.sandbox.flapjack.faults.add(Fault.cut(60, clean=clean), operation=MESSAGE)

    await chat.asked("Is it done?")

    await expect(chat.answer.get_by_role("alert")).to_contain_text("broke off before its end")
    await expect(chat.text).to_have_text("It begins")


async def test_a_connection_that_breaks_between_server_and_page_is_told_too(chat: Chat) -> None:
    cut = stream(("token", {"delta": "It begins"}))
    await chat.page.route(
        "**/messages", lambda route: route.fulfill(content_type="text/event-stream", body=cut)
    )

    await chat.asked("Is it done?")

    await expect(chat.answer.get_by_role("alert")).to_contain_text("The connection broke")
    await expect(chat.text).to_have_text("It begins")


async def test_a_server_that_is_gone_leaves_the_question_and_a_way_to_repeat_it(chat: Chat) -> None:
    await chat.page.route("**/api/**", lambda route: route.abort())
    await chat.asked("Is it done?")
    await expect(chat.answer.get_by_role("alert")).to_contain_text("No connection")
    await chat.page.unroute("**/api/**")

    await chat.button("Try again").click()

    await expect(chat.text).to_contain_text("You asked")


async def test_offline_nothing_is_sent_and_what_was_typed_stays(chat: Chat) -> None:
    await chat.page.context.set_offline(True)
    await expect(chat.page.get_by_text("You are offline")).to_be_visible()
    await chat.ask("Is it done?")
    await expect(chat.button("Send")).to_be_disabled()
    await expect(chat.question).to_have_value("Is it done?")

    await chat.page.context.set_offline(False)
    await chat.button("Send").click()

    await expect(chat.text).to_contain_text("You asked")
    await expect(chat.page.get_by_text("You are offline")).to_be_hidden()


async def test_a_conversation_that_the_platform_has_forgotten_goes_on_in_a_new_one(chat: Chat) -> None:
    await chat.asked("Is it done?")
    chat.sandbox.flapjack.faults.add(Fault.status(404), operation=MESSAGE, requests=[2])
    await chat.asked("And now?")
    await expect(chat.answer.get_by_role("alert")).to_contain_text("no longer knows it")

    await chat.button("Ask in a new conversation").click()

    await expect(chat.text).to_contain_text('You asked: "And now?"')
    await expect(chat.page.locator(".conversation")).to_have_count(2)
