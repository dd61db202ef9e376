"""What can go wrong with a pull, by what a person or the next pull does about it. Every message is one sentence."""


class PullProblem(Exception):
    """A person must act: token, host, settings."""


class NotAllowed(PullProblem):
    """This stream is not for this token or not in this plan; the rest of the pull goes on without it."""


class NotFound(PullProblem):
    """The address or the record is not there."""


class Later(PullProblem):
    """It may work next time; what was landed is kept."""


class Unanswered(Later):
    """Nobody there gives a usable answer."""


class TooMuch(Later):
    """The vendor could not answer so large a question; a smaller one may do."""
