package redlatch

import "context"

// GeoAdd adds places and tells how many are new.
func (c *commands) GeoAdd(ctx context.Context, key string, places ...*GeoLocation) *IntCmd {
	args := say("GEOADD", key)
	for _, place := range places {
		args.float(place.Longitude).float(place.Latitude).text(place.Name)
	}
	return send[IntCmd](ctx, c, args)
}

// GeoPos tells where places are; nil for one that is not there.
func (c *commands) GeoPos(ctx context.Context, key string, members ...string) *GeoPosCmd {
	return send[GeoPosCmd](ctx, c, say("GEOPOS", key).text(members...))
}

// GeoDist tells how far two places are apart, in m, km, ft or mi; km if the unit is empty.
func (c *commands) GeoDist(ctx context.Context, key string, member1, member2, unit string) *FloatCmd {
	return run[FloatCmd](ctx, c, "GEODIST", key, member1, member2, kilometres(unit))
}

// GeoHash gives places in 11 letters each.
func (c *commands) GeoHash(ctx context.Context, key string, members ...string) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, say("GEOHASH", key).text(members...))
}

// GeoSearch gives the names of places in a circle or box.
func (c *commands) GeoSearch(ctx context.Context, key string, query *GeoSearchQuery) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, query.words("GEOSEARCH", key))
}

// GeoSearchLocation gives places in a circle or box.
func (c *commands) GeoSearchLocation(ctx context.Context, key string, query *GeoSearchLocationQuery) *GeoSearchLocationCmd {
	args := query.GeoSearchQuery.words("GEOSEARCH", key).when(query.WithCoord, "WITHCOORD")
	args.when(query.WithDist, "WITHDIST").when(query.WithHash, "WITHHASH")
	return send[GeoSearchLocationCmd](ctx, c, args)
}

// GeoSearchStore is GeoSearch into a sorted set; it tells how many there are.
func (c *commands) GeoSearchStore(ctx context.Context, key, store string, query *GeoSearchStoreQuery) *IntCmd {
	args := query.GeoSearchQuery.words("GEOSEARCHSTORE", store, key)
	return send[IntCmd](ctx, c, args.when(query.StoreDist, "STOREDIST"))
}

// GeoRadius gives places around a point. It only reads; see GeoRadiusStore.
func (c *commands) GeoRadius(ctx context.Context, key string, longitude, latitude float64, query *GeoRadiusQuery) *GeoLocationCmd {
	return send[GeoLocationCmd](ctx, c, query.words("GEORADIUS_RO", key, fraction(longitude), fraction(latitude)))
}

// GeoRadiusStore stores places around a point; it tells how many there are.
func (c *commands) GeoRadiusStore(ctx context.Context, key string, longitude, latitude float64, query *GeoRadiusQuery) *IntCmd {
	return send[IntCmd](ctx, c, query.words("GEORADIUS", key, fraction(longitude), fraction(latitude)))
}

// GeoRadiusByMember gives places around a place. It only reads; see GeoRadiusByMemberStore.
func (c *commands) GeoRadiusByMember(ctx context.Context, key, member string, query *GeoRadiusQuery) *GeoLocationCmd {
	return send[GeoLocationCmd](ctx, c, query.words("GEORADIUSBYMEMBER_RO", key, member))
}

// GeoRadiusByMemberStore stores places around a place; it tells how many there are.
func (c *commands) GeoRadiusByMemberStore(ctx context.Context, key, member string, query *GeoRadiusQuery) *IntCmd {
	return send[IntCmd](ctx, c, query.words("GEORADIUSBYMEMBER", key, member))
}
