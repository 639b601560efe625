from . import portal
from . import spreadsheet
from . import unsubscribe
