"""A mediation in a courtroom of fakes, opened, the mediator accepted; and its caucuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing import commands as c
from server.hearing.commands_checkin import CallRoll, DeclarePlace, RecordPoint
from server.hearing.commands_order import PairInterpreter
from server.hearing.commands_rooms import AcceptMediator, ConsentRecording, Disclose, MoveSeats
from server.hearing.seats import PARTIES, RIGHTS, Right
from tests.builders import DISCIPLINE, scheduled
from tests.cast import CLERK, DEFENDANT, INTERPRETER, MEDIATION, MEDIATOR, PLAINTIFF, ROLES
from tests.courtroom.rig import Rig
from tests.hearing.mediations import OURS, PLAINTIFFS

if TYPE_CHECKING:
    from server.hearing.ids import SeatId


class MediationRig(Rig):
    """A mediation from its scheduling on."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.first = scheduled(MEDIATION, procedure="mediation", public=False)

    async def accepted(self) -> MediationRig:
        """The mediation is open, and goes on with this mediator."""
        for seat in MEDIATION:
            await self.arrive(seat)
            if Right.ENTER not in RIGHTS[ROLES[seat]]:
                await self.do(seat, c.AcknowledgeDiscipline(DISCIPLINE))
                await self.do(seat, DeclarePlace("home", quiet=True))
                if ROLES[seat] in PARTIES:
                    await self.do(seat, c.Consent(agrees=True))
                await self.do(CLERK, c.Admit(seat))
        await self.do(MEDIATOR, CallRoll())
        await self.do(MEDIATOR, RecordPoint("identity_checked"))
        await self.settle()
        await self.do(MEDIATOR, c.OpenCourt())
        await self.do(MEDIATOR, PairInterpreter(INTERPRETER, DEFENDANT))
        await self.do(MEDIATOR, Disclose(""))
        for party in (PLAINTIFF, DEFENDANT):
            await self.do(party, AcceptMediator(agrees=True))
        await self.settle()
        return self

    async def in_caucus(self) -> MediationRig:
        """The mediator is alone with the plaintiff's side."""
        await self.accepted()
        await self.do(MEDIATOR, MoveSeats((MEDIATOR, *PLAINTIFFS), OURS))
        await self.settle()
        return self

    async def agree(self, *seats: SeatId, agrees: bool = True) -> None:
        """These say whether they agree to the recording of the room they are in."""
        for seat in seats:
            await self.do(seat, ConsentRecording(agrees=agrees))
        await self.settle()
