"""Who is in front of the gallery's camera: real pages for the roles looked at, seats without a browser for the others.

Everybody acts by the law's own commands; a page's own by the page's own line. Must never open a second line for a seat.
"""

from __future__ import annotations

import asyncio
import io
import json
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw, ImageFont
from playwright.async_api import expect

from tests.browser.gallery_camera import View
from tests.browser.gallery_sheet import FONT
from tests.seat import SeatClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from playwright.async_api import Page

    from tests.browser.gallery_camera import Camera
    from tests.browser.stage import Person, Stage
    from tests.house import House

# A quiet room and a person in it, drawn, at three pictures a second: two cores paint, encode and decode for everybody.
# The page's own WebSocket is kept, so that its seat's commands go by it; `__cut` takes the network away.
_PAGE = """
(() => {
  const kept = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const palette = __PALETTE__;
  const paint = () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 480, height: 270 });
    const pen = canvas.getContext('2d');
    const draw = () => {
      const wall = pen.createLinearGradient(0, 0, 0, 270);
      wall.addColorStop(0, palette[0]);
      wall.addColorStop(1, palette[1]);
      pen.fillStyle = wall;
      pen.fillRect(0, 0, 480, 270);
      pen.fillStyle = palette[2];
      pen.fillRect(30, 40, 90, 120);
      const sway = Math.sin(performance.now() / 900) * 2;
      pen.fillStyle = palette[3];
      pen.beginPath();
      pen.ellipse(240 + sway, 285, 125, 105, 0, 0, 7);
      pen.fill();
      pen.fillStyle = '#e3b592';
      pen.beginPath();
      pen.ellipse(240 + sway, 122, 44, 56, 0, 0, 7);
      pen.fill();
      pen.fillStyle = '#2c2320';
      pen.beginPath();
      pen.ellipse(240 + sway, 92, 48, 34, 0, 3.1, 6.3);
      pen.fill();
    };
    draw();
    setInterval(draw, 333);
    return canvas.captureStream(3).getVideoTracks()[0];
  };
  let picture;
  navigator.mediaDevices.getUserMedia = async (wish) => {
    if (sessionStorage.getItem('gallery.denied')) throw new DOMException('denied', 'NotAllowedError');
    const gone = sessionStorage.getItem('gallery.missing');
    if (gone && (wish.video || gone === 'both')) throw new DOMException('missing', 'NotFoundError');
    const tracks = wish.audio ? (await kept({ audio: wish.audio })).getAudioTracks() : [];
    if (wish.video) tracks.push((picture ??= paint()).clone());
    return new MediaStream(tracks);
  };
  const devices = [['videoinput', 'cam', '集成摄像头'], ['audioinput', 'mic', '内置麦克风']];
  navigator.mediaDevices.enumerateDevices = async () =>
    devices.filter(([kind]) => { const gone = sessionStorage.getItem('gallery.missing'); return !gone || (gone === 'camera' && kind === 'audioinput'); }).map(([kind, deviceId, label]) => ({ kind, deviceId, label, groupId: 'one', toJSON: () => ({}) }));
  const settings = MediaStreamTrack.prototype.getSettings;
  MediaStreamTrack.prototype.getSettings = function () {
    return { ...settings.call(this), deviceId: this.kind === 'video' ? 'cam' : 'mic' };
  };
  const Real = window.WebSocket;
  window.WebSocket = class extends Real {
    constructor(url, ...rest) {
      super(window.__cut ? url + '-cut' : url, ...rest);
      window.__socket = this;
    }
  };
  let number = 0;
  window.__do = (name, args) => new Promise((done) => {
    const socket = window.__socket, id = `g${(number += 1)}`;
    const hear = (event) => {
      const said = JSON.parse(event.data);
      if (said.id !== id) return;
      socket.removeEventListener('message', hear);
      done(said);
    };
    socket.addEventListener('message', hear);
    socket.send(JSON.stringify({ type: 'command', id, name, args }));
  });
})();
"""
_PALETTES = (
    ("#6d5a47", "#3c3027", "#8a6f52", "#1b2330"),
    ("#7f8fa1", "#4a5866", "#b9c4cf", "#28323f"),
    ("#a8b29a", "#6c7763", "#d7dccb", "#3b4a5c"),
    ("#b7a58f", "#7d6c58", "#ded2c0", "#543a3a"),
    ("#8c98b0", "#56617a", "#c9d1e2", "#2f4638"),
)

CONTRACT = (
    (
        "设备买卖合同",
        "甲方（买受人）：张伟",
        "乙方（出卖人）：广东华南贸易有限公司",
        "第一条　标的：注塑机两台，型号 HN-160。",
    ),
    (
        "第八条　验收",
        "收货后七日内未提出书面异议的，视为验收合格。",
        "第九条　违约责任",
        "逾期付款的，按日万分之五支付违约金。",
    ),
)


def contract() -> bytes:
    """A contract of two pages, as a scanner would give it, PDF."""
    pages = []
    for number, lines in enumerate(CONTRACT, 1):
        page = Image.new("RGB", (1240, 1754), "#fdfcf8")
        pen = ImageDraw.Draw(page)
        for row, line in enumerate(lines):
            pen.text(
                (120, 180 + 120 * row),
                line,
                font=ImageFont.truetype(FONT, 60 if row == 0 else 44),
                fill="#222",
            )
        for row in range(9):
            pen.rectangle((120, 760 + 84 * row, 1120 - 90 * (row % 3), 766 + 84 * row), fill="#d8d4c8")
        pen.text((580, 1640), f"- {number} -", font=ImageFont.truetype(FONT, 40), fill="#222")
        pages.append(page)
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    return out.getvalue()


class Court:
    """A house full of people. pages: seats with a real page; seats: the others."""

    def __init__(self, house: House, stage: Stage, camera: Camera) -> None:
        self.house = house
        self.stage = stage
        self.camera = camera
        self.pages: dict[str, Person] = {}
        self.seats: dict[str, SeatClient] = {}

    async def page_for(self, seat: str, key: str = "") -> Person:
        """A real page with a drawn camera, nowhere yet."""
        person = await self.stage.person(seat, key=key)
        palette = json.dumps(_PALETTES[len(self.pages) % len(_PALETTES)])
        await person.context.add_init_script(_PAGE.replace("__PALETTE__", palette))
        if not key:
            self.pages[seat] = person
        return person

    async def seat_for(self, seat: str) -> SeatClient:
        """Somebody without a browser, prepared as everybody is before being let in."""
        client = self.seats[seat] = SeatClient(self.house, seat)
        await client.enter()
        if "report_device" in client.view["may"]:
            await client.prepare()
        return client

    def page(self, seat: str) -> Page:
        """The real page of a seat."""
        return self.pages[seat].page

    def click(self, seat: str, handle: str) -> Any:
        """Press something on a seat's page."""
        return self.page(seat).get_by_test_id(handle).first.click()

    def view(self, seat: str, tag: str = "", **more: tuple[str, ...]) -> View:
        """A row of a sheet."""
        return View(seat, self.page(seat), tag, **more)

    def rail(self, seat: str, part: str = "people") -> View:
        """The bench's rail: on the desk rolled to a part, on a phone opened as a sheet."""
        return self.view(
            seat,
            f"rail-{part}",
            desk=(f"part-{part}",),
            phone=("rail-open", f"part-{part}"),
            after_phone=("rail-close",),
        )

    async def do(self, seat: str, name: str, /, **args: Any) -> None:
        """Give a command of the law that must take effect."""
        if seat in self.seats:
            await self.seats[seat].do(name, **args)
            return
        answer = await self.page(seat).evaluate("([name, args]) => window.__do(name, args)", [name, args])
        assert answer["type"] == "done", (seat, name, answer)

    async def state(self, seat: str) -> dict[str, Any]:
        """What the law shows a seat now."""
        if seat in self.seats:
            return self.seats[seat].view
        found: dict[str, Any] = (await self.pages[seat].state())["view"]
        return found

    async def until(self, seat: str, holds: Callable[[dict[str, Any]], object], wait_s: float = 30) -> None:
        """Until a seat's view says so."""
        async with asyncio.timeout(wait_s):
            while not holds(await self.state(seat)):
                await asyncio.sleep(0.1)

    async def here(self, seats: Iterable[str], handle: str = "stage-now") -> None:
        """Until something is on these seats' pages."""
        for seat in seats:
            await expect(self.page(seat).get_by_test_id(handle).first).to_be_visible()

    async def say(self, seat: str, file: str) -> None:
        """A line of the scripted hearing, into the page's microphone."""
        await self.pages[seat].say(file)

    async def cut(self, seat: str) -> None:
        """Take the network of a page away."""
        await self.page(seat).evaluate("() => { window.__cut = true; window.__socket.close() }")

    async def mend(self, seat: str) -> None:
        """Give it back."""
        await self.page(seat).evaluate("() => { window.__cut = false }")
        await expect(self.page(seat).get_by_test_id("connection-lost")).to_have_count(0)

    async def record_points(self, seat: str) -> None:
        """What the stage's record must hold before the next stage."""
        for point in (await self.state(seat))["points"]:
            if point["at"] is None:
                await self.do(seat, "record_point", item=point["item"], text="")

    async def hand_in(self, seat: str, title: str) -> str:
        """Hand a contract in by the page; the exhibit's id."""
        page = self.page(seat)
        await self.click(seat, "exhibits-open")
        material = self.house.folder / "contract.pdf"
        await asyncio.to_thread(material.write_bytes, contract())
        await page.get_by_test_id("exhibit-upload").set_input_files(material)
        await page.get_by_test_id("exhibit-title").fill(title)
        await self.click(seat, "exhibit-send")
        row = page.locator("[data-testid^='exhibit-present-']")
        await expect(row).to_have_count(1, timeout=30_000)
        await self.click(seat, "exhibits-close")
        name: str = (await self.state(seat))["exhibits"][-1]["exhibit"]
        return name

    async def close(self) -> None:
        """End the seats without a browser."""
        for client in self.seats.values():
            await client.close()
