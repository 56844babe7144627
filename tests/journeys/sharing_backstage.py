"""Behind the scenes of sharing: the backstage process, with the calls of sharing beside its own."""

from tests.journeys import backstage

if __name__ == "__main__":
    backstage.main("tests.journeys.sharing_rows:CALLS", "tests.journeys.looking_rows:CALLS")
