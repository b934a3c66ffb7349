<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="AllStyleCategories" maxScale="0" minScale="1e+08" hasScaleBasedVisibilityFlag="0">
  <pipe>
    <rasterrenderer type="multibandcolor" redBand="{{redBand}}" greenBand="{{greenBand}}" blueBand="{{blueBand}}" opacity="1" alphaBand="-1" nodataColor="">
      <rasterTransparency/>
      <redContrastEnhancement><minValue>{{redLow}}</minValue><maxValue>{{redHigh}}</maxValue><algorithm>StretchToMinimumMaximum</algorithm></redContrastEnhancement>
      <greenContrastEnhancement><minValue>{{greenLow}}</minValue><maxValue>{{greenHigh}}</maxValue><algorithm>StretchToMinimumMaximum</algorithm></greenContrastEnhancement>
      <blueContrastEnhancement><minValue>{{blueLow}}</minValue><maxValue>{{blueHigh}}</maxValue><algorithm>StretchToMinimumMaximum</algorithm></blueContrastEnhancement>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0" grayscaleMode="0"/>
    <rasterresampler maxOversampling="2"/>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
