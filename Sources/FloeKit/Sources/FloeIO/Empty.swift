internal import CGDAL
