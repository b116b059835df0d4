package redlatch

// GeoLocation is a place. Results have what was asked for.
type GeoLocation struct {
	Name                      string
	Longitude, Latitude, Dist float64
	GeoHash                   int64
}

// GeoPos is where a place is.
type GeoPos struct{ Longitude, Latitude float64 }

// GeoRadiusQuery is a circle.
type GeoRadiusQuery struct {
	Radius float64
	// Unit is m, km (default), ft or mi.
	Unit string
	// What to tell besides the name.
	WithCoord, WithDist, WithGeoHash bool
	// Count is how many to give; 0 for all.
	Count int
	// Sort is ASC, DESC or empty.
	Sort string
	// Store and StoreDist are where to store places or distances, for the commands that do.
	Store, StoreDist string
}

func (q *GeoRadiusQuery) words(command ...string) *words {
	args := say(command...).float(q.Radius).text(kilometres(q.Unit)).when(q.WithCoord, "WITHCOORD")
	args.when(q.WithDist, "WITHDIST").when(q.WithGeoHash, "WITHHASH")
	args.when(q.Count > 0, "COUNT", decimal(int64(q.Count))).when(q.Sort != "", q.Sort)
	return args.when(q.Store != "", "STORE", q.Store).when(q.StoreDist != "", "STOREDIST", q.StoreDist)
}

// GeoSearchQuery is a circle or a box.
type GeoSearchQuery struct {
	// Member is in the middle, or, if empty, Longitude and Latitude are.
	Member              string
	Longitude, Latitude float64
	// Radius of a circle in RadiusUnit: m, km (default), ft or mi.
	Radius     float64
	RadiusUnit string
	// BoxWidth and BoxHeight of a box in BoxUnit, if there is no Radius.
	BoxWidth, BoxHeight float64
	BoxUnit             string
	// Sort is ASC, DESC or empty.
	Sort string
	// Count is how many to give; 0 for all. CountAny takes the first that are found.
	Count    int
	CountAny bool
}

// GeoSearchLocationQuery also says what to tell besides the name.
type GeoSearchLocationQuery struct {
	GeoSearchQuery
	WithCoord, WithDist, WithHash bool
}

// GeoSearchStoreQuery also says what to store.
type GeoSearchStoreQuery struct {
	GeoSearchQuery
	// StoreDist stores distances in place of places.
	StoreDist bool
}

func (q *GeoSearchQuery) words(command ...string) *words {
	args := say(command...)
	if q.Member != "" {
		args.text("FROMMEMBER", q.Member)
	} else {
		args.text("FROMLONLAT").float(q.Longitude).float(q.Latitude)
	}
	if q.Radius > 0 {
		args.text("BYRADIUS").float(q.Radius).text(kilometres(q.RadiusUnit))
	} else {
		args.text("BYBOX").float(q.BoxWidth).float(q.BoxHeight).text(kilometres(q.BoxUnit))
	}
	args.when(q.Sort != "", q.Sort).when(q.Count > 0, "COUNT", decimal(int64(q.Count)))
	return args.when(q.Count > 0 && q.CountAny, "ANY")
}

func kilometres(unit string) string {
	if unit == "" {
		return "km"
	}
	return unit
}

// GeoPosCmd is the result of a command that answers where places are.
type GeoPosCmd struct{ result[[]*GeoPos] }

// GeoLocationCmd is the result of a command that answers with places.
type GeoLocationCmd struct{ result[[]GeoLocation] }

// GeoSearchLocationCmd is the result of a command that answers with places.
type GeoSearchLocationCmd struct{ result[[]GeoLocation] }

func (c *GeoPosCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, func(r *reply) []*GeoPos {
		return listOf(r, func(r *reply) *GeoPos { return orZero(r, (*reply).position) })
	})
}

func (c *GeoLocationCmd) receive(tokens []byte)       { c.val, c.err = decode(tokens, (*reply).places) }
func (c *GeoSearchLocationCmd) receive(tokens []byte) { c.val, c.err = decode(tokens, (*reply).places) }

func (r *reply) position() *GeoPos {
	position := new(GeoPos)
	r.tuple(2, func() { position.Longitude, position.Latitude = r.float(), r.float() })
	return position
}

func (r *reply) places() []GeoLocation { return listOf(r, (*reply).place) }

// place is a name, or a list of a name and what was asked for: their types tell them apart.
func (r *reply) place() (place GeoLocation) {
	if r.peek() != '*' {
		place.Name = r.text()
		return place
	}
	count := r.count()
	place.Name = r.text()
	for ; count > 1 && r.err == nil; count-- {
		switch r.peek() {
		case ':':
			place.GeoHash = r.integer()
		case '*':
			position := r.position()
			place.Longitude, place.Latitude = position.Longitude, position.Latitude
		default:
			place.Dist = r.float()
		}
	}
	return place
}
