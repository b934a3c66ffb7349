"""Products of the real data that several tests read with netCDF4."""
import netCDF4
import numpy as np

from conftest import real_data

WAT = "s3_wat/ref03_standard_measurement_S3.nc"
L2I = "cryosat2/CS_LTA__SIR_SARI2__20150214T000431_20150214T000746_D001.nc"
SAR = "cryosat2/CS_LTA__SIR_SAR_1B_20141118T092303_20141118T092355_D001.nc"


def numbers(dataset, name, masked=True):
    dataset.set_auto_mask(masked)
    values = dataset[name][:]
    return np.ma.filled(values.astype(float), np.nan) if masked else np.asarray(values, float)


def product(name):
    return netCDF4.Dataset(real_data() / name)
