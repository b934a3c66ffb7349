"""A stand-in of the Copernicus Data Space, written from its documentation (documentation.dataspace.copernicus.eu, OData and Access
Token): a catalogue that filters and pages, a token service whose tokens end, products by their ids; and a STAC API (1.0.0, item search)."""
import hashlib
import json
import re
import urllib.parse
import uuid

from shapely import wkt
from shapely.geometry import box, shape


class DataSpace:
    def __init__(self, web, products):
        """`products`: dictionaries with name, start, end, geometry (GeoJSON), collection, cloud, content (bytes)."""
        self.web = web
        self.products = products
        self.user, self.password = "anna", "Secret12345"
        self.tokens, self.refreshes, self.grants = set(), set(), []
        self.holds = 600
        self.page = 50
        for p in products:
            p.setdefault("id", str(uuid.uuid5(uuid.NAMESPACE_URL, p["name"])))
        web.answers["/odata/v1/Products"] = self.search
        web.answers["/token"] = self.token
        web.answers["/stac/search"] = self.stac
        for p in products:
            if "content" in p:
                web.answers[f"/odata/v1/Products({p['id']})/$value"] = self.value(p)

    @property
    def words(self):
        return ["--catalogue", self.web.url("odata/v1"), "--download", self.web.url("odata/v1"), "--identity", self.web.url("token")]

    def entry(self, p):
        entry = {"Id": p["id"], "Name": p["name"], "ContentType": "application/octet-stream", "ContentLength": len(p.get("content", b"")),
                 "S3Path": "/eodata/" + p["name"], "ContentDate": {"Start": p["start"], "End": p["end"]}, "GeoFootprint": p["geometry"],
                 "Checksum": [{"Value": p.get("md5") or hashlib.md5(p.get("content", b"")).hexdigest(), "Algorithm": "MD5"},
                              {"Value": "0", "Algorithm": "BLAKE3"}],
                 "Attributes": [{"@odata.type": "#OData.CSC.DoubleAttribute", "Name": "cloudCover", "Value": p["cloud"]}] if "cloud" in p else []}
        return entry

    def search(self, handler, query, body):
        asked = dict(urllib.parse.parse_qsl(query))
        text = asked["$filter"]
        found = self.products
        areas = re.findall(r"SRID=4326;(POLYGON\(\(.*?\)\))", text)
        if areas:
            found = [p for p in found if any(wkt.loads(a).intersects(shape(p["geometry"])) for a in areas)]
        for field, sign, value in re.findall(r"ContentDate/Start (ge|gt|le|lt)? ?()(\S+Z)", text):
            found = [p for p in found if (p["start"] >= value if field in ("ge", "gt") else p["start"] <= value)]
        collections = re.findall(r"Collection/Name eq '([^']*)'", text)
        if collections:
            found = [p for p in found if p["collection"] in collections]
        for part in re.findall(r"contains\(Name,'([^']*)'\)", text):
            found = [p for p in found if part in p["name"]]
        names = re.findall(r"(?<!/)Name eq '([^']*)'(?! and att)", re.sub(r"Collection/Name eq '[^']*'|att/Name eq '[^']*'", "", text))
        if names:
            found = [p for p in found if p["name"] in names]
        cloud = re.search(r"Value le ([\d.]+)", text)
        if cloud:
            found = [p for p in found if p.get("cloud", 101) <= float(cloud[1])]
        skip, top = int(asked.get("$skip", 0)), min(int(asked.get("$top", 20)), self.page)
        answer = {"@odata.context": "$metadata#Products", "value": [self.entry(p) for p in found[skip:skip + top]], "@odata.count": len(found)}
        if skip + top < len(found):
            asked["$skip"] = skip + top
            answer["@odata.nextLink"] = self.web.url("odata/v1/Products") + "?" + urllib.parse.urlencode(asked)
        return 200, [("Content-Type", "application/json")], json.dumps(answer).encode()

    def token(self, handler, query, body):
        form = dict(urllib.parse.parse_qsl(body.decode()))
        self.grants.append(form.get("grant_type"))
        good = form.get("client_id") == "cdse-public" and (
            form.get("grant_type") == "password" and (form.get("username"), form.get("password")) == (self.user, self.password)
            or form.get("grant_type") == "refresh_token" and form.get("refresh_token") in self.refreshes)
        if not good:
            return 401, [("Content-Type", "application/json")], json.dumps(
                {"error": "invalid_grant", "error_description": "Invalid user credentials"}).encode()
        token, refresh = f"Access{uuid.uuid4().hex}", f"Refresh{uuid.uuid4().hex}"
        self.tokens.add(token)
        self.refreshes.add(refresh)
        return 200, [("Content-Type", "application/json")], json.dumps(
            {"access_token": token, "expires_in": self.holds, "refresh_token": refresh, "token_type": "Bearer"}).encode()

    def value(self, p):
        def answer(handler, query, body):
            token = (handler.headers.get("Authorization") or "").removeprefix("Bearer ")
            if token not in self.tokens:
                return 401, [], b'{"detail": "Expired signature!"}'
            content = p["content"]
            wanted = handler.headers.get("Range")
            if p.get("short") and wanted != "bytes=0-0":
                content, p["short"] = content[:len(content) // 3], False
                handler.close_connection = True
                handler.send_response(200)
                handler.send_header("Content-Length", str(len(p["content"])))
                handler.end_headers()
                handler.wfile.write(content)
                return None
            if wanted:
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                end = int(last) + 1 if last else len(content)
                return 206, [("Content-Range", f"bytes {first}-{end - 1}/{len(content)}")], content[int(first):end]
            return 200, [], content
        return answer

    def stac(self, handler, query, body):
        asked = json.loads(body)
        found = [p for p in self.products if p["collection"] in asked["collections"]]
        area = box(*asked["bbox"]) if "bbox" in asked else shape(asked["intersects"]) if "intersects" in asked else None
        if area is not None:
            found = [p for p in found if area.intersects(shape(p["geometry"]))]
        if "datetime" in asked:
            a, b = asked["datetime"].split("/")
            found = [p for p in found if (a == ".." or p["end"] >= a) and (b == ".." or p["start"] <= b)]
        at, step = asked.get("token", 0), min(asked["limit"], self.page)
        items = [{"type": "Feature", "stac_version": "1.0.0", "id": p["name"].removesuffix(".SAFE").removesuffix(".SEN3"),
                  "collection": p["collection"], "geometry": p["geometry"], "links": [],
                  "properties": {"datetime": p["start"], "start_datetime": p["start"], "end_datetime": p["end"],
                                 **({"eo:cloud_cover": p["cloud"]} if "cloud" in p else {})},
                  "assets": {"Product": {"href": self.web.url(f"odata/v1/Products({p['id']})/$value"), "type": "application/zip",
                                         "roles": ["data"], "file:size": len(p.get("content", b""))}}}
                 for p in found[at:at + step]]
        links = []
        if at + step < len(found):
            links = [{"rel": "next", "method": "POST", "href": self.web.url("stac/search"), "body": {**asked, "token": at + step}}]
        return 200, [("Content-Type", "application/geo+json")], json.dumps(
            {"type": "FeatureCollection", "features": items, "links": links, "numberMatched": len(found)}).encode()
