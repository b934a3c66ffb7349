extension Sentinel3Schema {
  /// `= dimensions type scale_factor add_offset _FillValue units`, then names.
  static let text = """
    = time_01 double - - - seconds since 2000-01-01 00:00:00.0
    time_01
    = time_20_ku double - - - seconds since 2000-01-01 00:00:00.0
    time_20_ku UTC_time_1hz_20_ku
    = time_20_c double - - - seconds since 2000-01-01 00:00:00.0
    time_20_c UTC_time_1hz_20_c
    = echo_sample_ind byte - - - count
    echo_sample_ind
    = wf_sample_ind short - - - count
    wf_sample_ind
    = max_multi_stack_ind short - - - count
    max_multi_stack_ind
    = time_01 short - - - days since 2000-01-01 00:00:00.0
    UTC_day_01
    = time_01 double - - - s
    UTC_sec_01
    = time_20_ku short - - - days since 2000-01-01 00:00:00.0
    UTC_day_20_ku
    = time_20_ku double - - - s
    UTC_sec_20_ku
    = time_20_c short - - - days since 2000-01-01 00:00:00.0
    UTC_day_20_c
    = time_20_c double - - - s
    UTC_sec_20_c
    = time_01 int 1e-06 0 - degrees_north
    lat_01
    = time_01 int 1e-06 0 - degrees_east
    lon_01
    = time_20_ku int 1e-06 0 - degrees_north
    lat_20_ku
    = time_20_ku int 1e-06 0 - degrees_east
    lon_20_ku
    = time_20_c int 1e-06 0 - degrees_north
    lat_20_c
    = time_20_c int 1e-06 0 - degrees_east
    lon_20_c
    = time_20_ku byte - - 127 -
    surf_type_20_ku surf_class_20_ku agc_qual_20_ku range_water_qual_20_ku sig0_water_qual_20_ku swh_water_qual_20_ku \
    surf_type_class_20_ku
    off_nadir_angle_used_20_ku instr_op_mode_20_ku mode_id_20_ku nav_bul_status_20_ku nav_bul_source_20_ku \
    isp_time_status_20_ku oper_instr_20_ku
    cl_gain_20_ku acq_stat_20_ku dem_eeprom_20_ku weighting_20_ku loss_track_20_ku flag_man_pres_20_ku \
    flag_man_thrust_20_ku flag_man_plane_20_ku
    waveform_qual_ice_20_ku interp_flag_mss_sol1_20_ku interp_flag_mss_sol2_20_ku
    = time_20_c byte - - 127 -
    surf_type_20_c surf_class_20_c agc_qual_20_c agc_qual_20_plrm_ku range_water_qual_20_c \
    range_water_qual_20_plrm_ku sig0_water_qual_20_c
    sig0_water_qual_20_plrm_ku swh_water_qual_20_c swh_water_qual_20_plrm_ku off_nadir_angle_used_20_plrm_ku \
    instr_op_mode_20_c mode_id_20_c
    nav_bul_status_20_c nav_bul_source_20_c isp_time_status_20_c oper_instr_20_c cl_gain_20_c acq_stat_20_c \
    dem_eeprom_20_c weighting_20_c
    loss_track_20_c flag_man_pres_20_c flag_man_thrust_20_c flag_man_plane_20_c interp_flag_mss_sol1_20_c \
    interp_flag_mss_sol2_20_c
    = time_01 byte - - 127 -
    surf_class_01 rad_surf_type_01 sig0_water_qual_01_ku sig0_water_qual_01_c sig0_water_qual_01_plrm_ku \
    val_alt_off_nadir_angle_wf_water_01_ku
    val_alt_off_nadir_angle_wf_water_01_plrm_ku meteo_map_avail_01 rain_flag_01_ku rain_flag_01_plrm_ku \
    open_sea_ice_flag_01_ku
    open_sea_ice_flag_01_plrm_ku interp_flag_water_tide_sol1_01 interp_flag_water_tide_sol2_01 \
    rad_along_track_avg_flag_01 tb_238_quality_flag_01
    tb_365_quality_flag_01 climato_use_flag_01_ku climato_use_flag_01_plrm_ku orbit_type_01
    = time_20_ku short 0.01 0 32767 degree
    angle_coast_20_ku
    = time_20_ku int - - 2147483647 m
    dist_coast_20_ku
    = time_20_ku int 0.0001 700000 2147483647 m
    alt_20_ku tracker_range_20_ku range_water_20_ku interpolated_c_band_range_water_20_ku range_ocog_20_ku \
    range_sea_ice_20_ku
    = time_20_c int 0.0001 700000 2147483647 m
    alt_20_c tracker_range_20_c tracker_range_20_plrm_ku range_water_20_c range_water_20_plrm_ku range_ocog_20_c
    = time_20_ku short 0.01 0 32767 m/s
    orb_alt_rate_20_ku
    = time_20_c short 0.01 0 32767 m/s
    orb_alt_rate_20_c
    = time_20_ku uint - - 4294967295 3.125/64*10^-9s
    h0_nav_dem_20_ku
    = time_20_ku short 0.01 0 32767 dB
    agc_20_ku sig0_water_20_ku sig0_ocog_20_ku sig0_sea_ice_sheet_20_ku sig0_cal_20_ku net_instr_cor_sig0_20_ku
    = time_20_c short 0.01 0 32767 dB
    agc_20_c agc_20_plrm_ku sig0_water_20_c sig0_water_20_plrm_ku sig0_ocog_20_c sig0_cal_20_c sig0_cal_20_plrm_ku \
    net_instr_cor_sig0_20_c
    net_instr_cor_sig0_20_plrm_ku
    = time_20_ku int 0.01 0 2147483647 dB
    scale_factor_20_ku agc_cor_20_ku
    = time_20_c int 0.01 0 2147483647 dB
    scale_factor_20_c scale_factor_20_plrm_ku agc_cor_20_c agc_cor_20_plrm_ku
    = time_01 short 0.0001 0 32767 m
    range_water_rms_01_ku range_water_rms_01_c range_water_rms_01_plrm_ku cog_cor_01 mod_instr_cor_range_01_ku \
    mod_instr_cor_range_01_c
    mod_instr_cor_range_01_plrm_ku mod_dry_tropo_cor_zero_altitude_01 mod_dry_tropo_cor_meas_altitude_01 \
    mod_wet_tropo_cor_zero_altitude_01
    mod_wet_tropo_cor_meas_altitude_01 comp_wet_tropo_cor_01_ku comp_wet_tropo_cor_01_plrm_ku rad_wet_tropo_cor_01_ku \
    rad_wet_tropo_cor_01_plrm_ku
    rad_wet_tropo_cor_sst_gam_01_ku rad_wet_tropo_cor_sst_gam_01_plrm_ku iono_cor_gim_01_ku sea_state_bias_01_ku \
    sea_state_bias_01_c
    sea_state_bias_01_plrm_ku inv_bar_cor_01 hf_fluct_cor_01 ocean_tide_eq_01 ocean_tide_non_eq_01 load_tide_sol1_01 \
    load_tide_sol2_01
    solid_earth_tide_01 pole_tide_01 iono_cor_alt_filtered_01_ku iono_cor_alt_filtered_01_plrm_ku
    = time_01 byte - - 127 count
    range_water_numval_01_ku range_water_numval_01_c range_water_numval_01_plrm_ku sig0_water_numval_01_ku \
    sig0_water_numval_01_c
    sig0_water_numval_01_plrm_ku swh_water_numval_01_ku swh_water_numval_01_c swh_water_numval_01_plrm_ku \
    off_nadir_angle_numval_01_ku
    off_nadir_angle_numval_01_plrm_ku
    = time_01 short 0.01 0 32767 dB
    sig0_water_01_ku sig0_water_01_c sig0_water_01_plrm_ku sig0_water_rms_01_ku sig0_water_rms_01_c \
    sig0_water_rms_01_plrm_ku
    mod_instr_cor_sig0_01_ku mod_instr_cor_sig0_01_c mod_instr_cor_sig0_01_plrm_ku atm_cor_sig0_01_ku \
    atm_cor_sig0_01_c atm_cor_sig0_01_plrm_ku
    rain_att_01_ku rain_att_01_plrm_ku
    = time_20_ku short 0.001 0 32767 m
    swh_water_20_ku net_instr_cor_swh_20_ku
    = time_20_c short 0.001 0 32767 m
    swh_water_20_c swh_water_20_plrm_ku net_instr_cor_swh_20_c net_instr_cor_swh_20_plrm_ku
    = time_01 short 0.001 0 32767 m
    swh_water_rms_01_ku swh_water_rms_01_c swh_water_rms_01_plrm_ku mod_instr_cor_swh_01_ku mod_instr_cor_swh_01_c \
    mod_instr_cor_swh_01_plrm_ku
    = time_20_ku int 1e-15 0 2147483647 s
    epoch_water_20_ku sigmac_water_20_ku
    = time_20_c int 1e-15 0 2147483647 s
    epoch_water_20_c epoch_water_20_plrm_ku sigmac_water_20_c sigmac_water_20_plrm_ku
    = time_20_ku int 1e-06 0 2147483647 count
    amplitude_water_20_ku thermal_noise_water_20_ku skew_stack_20_ku kurt_stack_20_ku
    = time_20_c int 1e-06 0 2147483647 count
    amplitude_water_20_c thermal_noise_water_20_c thermal_noise_water_20_plrm_ku
    = time_20_c int 0.0001 0 2147483647 count
    amplitude_water_20_plrm_ku mqe_water_20_c mqe_water_20_plrm_ku
    = time_20_ku short 0.0001 0 32767 degrees^2
    off_nadir_angle_wf_water_20_ku
    = time_20_c short 0.0001 0 32767 degrees^2
    off_nadir_angle_wf_water_20_plrm_ku
    = time_20_ku byte - - 127 count
    number_of_iterations_water_20_ku
    = time_20_c byte - - 127 count
    number_of_iterations_water_20_c number_of_iterations_water_20_plrm_ku
    = time_20_ku int 0.0001 0 2147483647 count
    mqe_water_20_ku
    = time_20_ku int 0.0001 0 2147483647 m
    elevation_ocog_20_ku uso_cor_20_ku int_path_cor_20_ku net_instr_cor_range_20_ku snow_depth_20_ku freeboard_20_ku \
    int_sea_ice_ssha_20_ku
    mean_sea_surf_sol1_20_ku mean_sea_surf_sol1_acc_20_ku mean_sea_surf_sol2_20_ku sea_ice_sea_surf_20_ku \
    sea_ice_ssha_20_ku
    = time_20_c int 0.0001 0 2147483647 m
    uso_cor_20_c int_path_cor_20_c int_path_cor_20_plrm_ku net_instr_cor_range_20_c net_instr_cor_range_20_plrm_ku \
    mean_sea_surf_sol1_20_c
    mean_sea_surf_sol1_acc_20_c mean_sea_surf_sol2_20_c
    = time_20_ku short 0.0001 0 32767 m
    dop_cor_20_ku iono_cor_alt_20_ku
    = time_20_c short 0.0001 0 32767 m
    dop_cor_20_c dop_cor_20_plrm_ku iono_cor_alt_20_plrm_ku
    = time_01 int 0.0001 0 2147483647 m
    geoid_01 odle_01 ocean_tide_sol1_01 ocean_tide_sol2_01
    = time_01 short 0.01 0 32767 mm/h
    rain_rate_01
    = time_20_ku int 0.01 0 2147483647 percent
    sea_ice_concentration_20_ku
    = time_20_ku int - - 2147483647 kg/m^3
    snow_density_20_ku
    = time_01 short 0.01 0 32767 m/s
    wind_speed_mod_u_01 wind_speed_mod_v_01 wind_speed_alt_01_ku wind_speed_alt_01_plrm_ku
    = time_01 short 0.1 0 32767 kg/m^2
    rad_water_vapor_01_ku
    = time_01 short 0.01 0 32767 kg/m^2
    rad_liquid_water_01_ku
    = time_01 short 0.0001 0 32767 degrees^2
    corrected_off_nadir_angle_wf_water_01_ku corrected_off_nadir_angle_wf_water_01_plrm_ku off_nadir_angle_rms_01_ku
    off_nadir_angle_rms_01_plrm_ku mod_instr_cor_off_nadir_angle_01_ku mod_instr_cor_off_nadir_angle_01_plrm_ku
    = time_01 int 0.0001 0 2147483647 degrees
    off_nadir_roll_angle_pf_01 off_nadir_pitch_angle_pf_01 off_nadir_yaw_angle_pf_01
    = time_01 short 0.01 0 32767 K
    tb_238_01 tb_365_01 tb_238_std_01 tb_365_std_01
    = time_20_ku,wf_sample_ind uint 0.001 0 4294967295 count
    waveform_20_ku
    = time_20_c,echo_sample_ind uint 0.001 0 4294967295 count
    waveform_20_c waveform_20_plrm_ku
    = time_01 byte 0.01 0 127 count
    open_water_class_01_ku open_water_class_01_plrm_ku first_year_ice_class_01_ku first_year_ice_class_01_plrm_ku \
    multi_year_ice_class_01_ku
    multi_year_ice_class_01_plrm_ku wet_ice_class_01_ku wet_ice_class_01_plrm_ku
    = time_20_ku short 0.01 0 32767 count
    peakiness_1_20_ku peakiness_2_20_ku
    = time_20_c short 0.01 0 32767 count
    peakiness_1_20_c peakiness_1_20_plrm_ku peakiness_2_20_c
    = time_20_ku ushort - - 65535 count
    nb_stack_20_ku seq_count_20_ku
    = time_20_ku uint - - 4294967295 FFT power unit
    max_stack_20_ku
    = time_20_ku uint 1e-06 0 4294967295 rad
    stdev_stack_20_ku
    = time_20_ku,max_multi_stack_ind short 1e-06 0 32767 rad
    beam_ang_stack_20_ku
    = time_20_ku ushort 0.01 0 65535 percent
    beam_form_20_ku
    = time_20_ku short 1e-06 1.57 32767 rad
    max_loc_stack_20_ku
    = time_20_ku uint - - 4294967295 second
    nav_bul_coarse_time_20_ku
    = time_20_c uint - - 4294967295 second
    nav_bul_coarse_time_20_c
    = time_20_ku uint - - 4294967295 2^-24 second
    nav_bul_fine_time_20_ku
    = time_20_c uint - - 4294967295 2^-24 second
    nav_bul_fine_time_20_c
    = time_20_c ushort - - 65535 count
    seq_count_20_c
    = time_20_ku short - - 32767 count
    index_1hz_meas_20_ku
    = time_20_c short - - 32767 count
    index_1hz_meas_20_c
    = time_01 int - - 2147483647 count
    index_first_20hz_meas_01_ku index_first_20hz_meas_01_c
    = time_01 short - - 32767 count
    num_20hz_meas_01_ku num_20hz_meas_01_c
    = time_20_ku,max_multi_stack_ind uint - - 4294967295 FFT power unit
    rip_20_ku
    = time_01 byte 1 0 127 -
    sea_ice_type_auxiliary_01_ku
    = time_20_ku byte 1 0 127 -
    sea_ice_type_auxiliary_20_ku
    = time_01 int 0.01 0 2147483647 -
    sea_ice_type_uncertainty_auxiliary_01_ku
    = time_20_ku int 0.01 0 2147483647 -
    sea_ice_type_uncertainty_auxiliary_20_ku
    """
}
