package release_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
)

func shop() release.App { return validSpec().App }

// moment reads a time such as 2026-03-08T07:00Z.
func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04Z07:00", s)
	require.NoError(t, err)
	return at
}

// nightly is a window that comes again at hours such as 22:00-06:00.
func nightly(name, hours, zone string, days ...string) release.FreezeWindow {
	start, end, _ := strings.Cut(hours, "-")
	return release.FreezeWindow{Name: name, Reason: "nobody is awake", Days: days, Start: start, End: end, Zone: zone}
}

func TestCalendar_FreezeWindowsEndWhereClocksSay(t *testing.T) {
	t.Parallel()
	const shanghai, newYork = "Asia/Shanghai", "America/New_York"
	cases := []struct {
		name, start, end, zone string
		days                   []string
		from, until            string
	}{
		{"within a day", "09:00", "18:00", shanghai, nil, "2026-07-01T01:00Z", "2026-07-01T10:00Z"},
		{"over midnight", "22:00", "06:00", shanghai, nil, "2026-07-01T14:00Z", "2026-07-01T22:00Z"},
		{"over midnight counts for the day it starts on", "22:00", "06:00", shanghai, []string{"Fri"}, "2026-07-03T14:00Z", "2026-07-03T22:00Z"},
		{"until midnight", "18:00", "00:00", shanghai, nil, "2026-07-01T10:00Z", "2026-07-01T16:00Z"},
		{"the same time the day after", "08:00", "08:00", shanghai, []string{"Sat"}, "2026-07-04T00:00Z", "2026-07-05T00:00Z"},
		{"a whole Sunday", "00:00", "00:00", shanghai, []string{"Sun"}, "2026-07-04T16:00Z", "2026-07-05T16:00Z"},

		{"in the night that is an hour short", "22:00", "06:00", newYork, []string{"Sat"}, "2026-03-08T03:00Z", "2026-03-08T10:00Z"},
		{"over the hour that is left out", "01:00", "04:00", newYork, []string{"Sun"}, "2026-03-08T06:00Z", "2026-03-08T08:00Z"},
		{"from a time that is left out", "02:30", "04:00", newYork, []string{"Sun"}, "2026-03-08T07:00Z", "2026-03-08T08:00Z"},
		{"until a time that is left out", "01:00", "02:30", newYork, []string{"Sun"}, "2026-03-08T06:00Z", "2026-03-08T07:00Z"},
		{"from a midnight that is left out", "00:00", "02:00", "Africa/Cairo", []string{"Fri"}, "2026-04-23T22:00Z", "2026-04-23T23:00Z"},
		{"into a day that is left out", "22:00", "06:00", "Pacific/Apia", []string{"Thu"}, "2011-12-30T08:00Z", "2011-12-30T10:00Z"},
		{"from a day that is left out", "22:00", "06:00", "Pacific/Apia", []string{"Fri"}, "2011-12-30T10:00Z", "2011-12-30T16:00Z"},

		{"in the night that is an hour long", "22:00", "06:00", newYork, []string{"Sat"}, "2026-11-01T02:00Z", "2026-11-01T11:00Z"},
		{"over the hour that comes twice", "00:00", "03:00", newYork, []string{"Sun"}, "2026-11-01T04:00Z", "2026-11-01T08:00Z"},
		{"from the first of two times", "01:30", "03:00", newYork, []string{"Sun"}, "2026-11-01T05:30Z", "2026-11-01T08:00Z"},
		{"until the second of two times", "00:00", "01:30", newYork, []string{"Sun"}, "2026-11-01T04:00Z", "2026-11-01T06:30Z"},
		{"from a midnight that comes twice", "00:00", "06:00", "America/St_Johns", []string{"Sun"}, "2010-11-07T02:30Z", "2010-11-07T09:30Z"},
		{"from the first of two times, east of Greenwich", "02:30", "04:00", "Europe/Berlin", []string{"Sun"}, "2026-10-25T00:30Z", "2026-10-25T03:00Z"},
		{"until the second of two times, east of Greenwich", "02:00", "02:30", "Europe/Berlin", []string{"Sun"}, "2026-10-25T00:00Z", "2026-10-25T01:30Z"},
		{"from the first until the second", "01:15", "01:45", newYork, []string{"Sun"}, "2026-11-01T05:15Z", "2026-11-01T06:45Z"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := nightly("night", c.start+"-"+c.end, c.zone, c.days...)
			require.NoError(t, w.Validate())
			calendar := release.Calendar{Windows: []release.FreezeWindow{w}}
			from, until := moment(t, c.from), moment(t, c.until)
			for at := from; at.Before(until); at = at.Add(10 * time.Minute) {
				freeze, frozen := calendar.Frozen(shop(), at)
				require.True(t, frozen, "at %s", at)
				require.Equal(t, release.Freeze{Name: "night", Reason: "nobody is awake", Until: until}, freeze)
			}
			_, frozen := calendar.Frozen(shop(), until.Add(-1))
			require.True(t, frozen)
			for _, at := range []time.Time{from.Add(-1), until} {
				_, frozen := calendar.Frozen(shop(), at)
				require.False(t, frozen, "at %s", at)
			}
		})
	}
}

func TestCalendar_WindowInAnHourThatIsLeftOutDoesNotComeThatDay(t *testing.T) {
	t.Parallel()
	w := nightly("night", "02:10-02:50", "America/New_York")
	for at := moment(t, "2026-03-08T04:00Z"); at.Before(moment(t, "2026-03-08T12:00Z")); at = at.Add(time.Minute) {
		_, active := w.Active(at)
		require.False(t, active, "at %s", at)
	}
}

func TestCalendar_SingleWindow(t *testing.T) {
	t.Parallel()
	from, to := moment(t, "2026-11-10T16:00Z"), moment(t, "2026-11-12T16:00Z")
	w := release.FreezeWindow{Name: "double-11", Reason: "shopping festival", From: from, To: to}
	require.NoError(t, w.Validate())
	c := release.Calendar{Windows: []release.FreezeWindow{w}}
	for at, want := range map[time.Time]bool{from.Add(-1): false, from: true, to.Add(-1): true, to: false} {
		freeze, frozen := c.Frozen(shop(), at)
		require.Equal(t, want, frozen, "at %s", at)
		if frozen {
			require.Equal(t, release.Freeze{Name: "double-11", Reason: "shopping festival", Until: to}, freeze)
		}
	}
}

func TestCalendar_FreezesMergeAndTheLongestIsNamed(t *testing.T) {
	t.Parallel()
	single := func(name, from, to string) release.FreezeWindow {
		return release.FreezeWindow{Name: name, Reason: name, From: moment(t, from), To: moment(t, to)}
	}
	elsewhere := single("elsewhere", "2026-07-01T00:00Z", "2026-08-01T00:00Z")
	elsewhere.Scope = release.Scope{Region: "cn-beijing"}
	cases := []struct {
		name    string
		windows []release.FreezeWindow
		want    string
		until   string
	}{
		{"the longest wins", []release.FreezeWindow{
			single("short", "2026-07-01T00:00Z", "2026-07-01T10:00Z"), single("long", "2026-07-01T08:00Z", "2026-07-01T12:00Z"),
		}, "long", "2026-07-01T12:00Z"},
		{"overlapping", []release.FreezeWindow{
			single("third", "2026-07-01T13:00Z", "2026-07-01T14:00Z"), single("second", "2026-07-01T10:00Z", "2026-07-01T13:30Z"), single("first", "2026-07-01T08:00Z", "2026-07-01T11:00Z"),
		}, "first", "2026-07-01T14:00Z"},
		{"adjoining", []release.FreezeWindow{
			nightly("night", "22:00-10:00", "UTC"), nightly("day", "10:00-20:00", "UTC", "Wed"), single("evening", "2026-07-01T20:00Z", "2026-07-01T22:00Z"),
		}, "night", "2026-07-02T10:00Z"},
		{"a gap of a minute", []release.FreezeWindow{
			nightly("night", "22:00-10:00", "UTC"), nightly("day", "10:01-20:00", "UTC"),
		}, "night", "2026-07-01T10:00Z"},
		{"another application's does not count", []release.FreezeWindow{
			elsewhere, nightly("night", "22:00-10:00", "UTC"),
		}, "night", "2026-07-01T10:00Z"},
		{"a year", []release.FreezeWindow{
			single("a-year", "2026-07-01T10:00Z", "2027-07-01T00:00Z"), nightly("night", "22:00-10:00", "UTC"),
		}, "night", "2027-07-01T10:00Z"},
		{"no gap at all", []release.FreezeWindow{
			nightly("night", "22:00-10:00", "UTC"), nightly("day", "10:00-22:00", "UTC"),
		}, "night", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			calendar := release.Calendar{Windows: c.windows}
			require.NoError(t, calendar.Validate())
			freeze, frozen := calendar.Frozen(shop(), moment(t, "2026-07-01T09:00Z"))
			require.True(t, frozen)
			require.Equal(t, c.want, freeze.Name)
			if c.until == "" {
				require.Zero(t, freeze.Until)
				return
			}
			require.Equal(t, moment(t, c.until), freeze.Until)
		})
	}
}

func TestCalendar_StopHoldsUntilItIsLifted(t *testing.T) {
	t.Parallel()
	at := moment(t, "2026-07-01T09:00Z")
	c := release.Calendar{Windows: []release.FreezeWindow{nightly("night", "22:00-10:00", "UTC")}}.
		WithStop(release.Stop{Name: "incident", Reason: "database on fire", By: "li"})
	require.NoError(t, c.Validate())
	freeze, frozen := c.Frozen(shop(), at)
	require.True(t, frozen)
	require.Equal(t, release.Freeze{Name: "incident", Reason: "database on fire", Stop: true}, freeze, "longer than any window")
	c, had := c.WithoutStop("incident")
	require.True(t, had)
	freeze, _ = c.Frozen(shop(), at)
	require.Equal(t, "night", freeze.Name)
}

func TestCalendar_Scope(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text, short string
		want        release.Scope
		covers      bool
	}{
		{"", "*", release.Scope{}, true},
		{"*", "*", release.Scope{}, true},
		{"*/*/*", "*", release.Scope{}, true},
		{"sae", "sae", release.Scope{Platform: "sae"}, true},
		{"sae/cn-hangzhou", "sae/cn-hangzhou", release.Scope{Platform: "sae", Region: "cn-hangzhou"}, true},
		{"sae/cn-hangzhou/*", "sae/cn-hangzhou", release.Scope{Platform: "sae", Region: "cn-hangzhou"}, true},
		{"sae/cn-beijing", "sae/cn-beijing", release.Scope{Platform: "sae", Region: "cn-beijing"}, false},
		{"*/*/" + shop().ID, "*/*/" + shop().ID, release.Scope{App: shop().ID}, true},
		{"*/*/another", "*/*/another", release.Scope{App: "another"}, false},
		{"fc", "fc", release.Scope{Platform: "fc"}, false},
		{"shop", "shop", release.Scope{Application: "shop"}, false}, // until it is looked up
		{"shop/production", "shop/production", release.Scope{Application: "shop", Environment: "production"}, false},
	}
	for _, c := range cases {
		scope, err := release.ParseScope(c.text)
		require.NoError(t, err)
		require.Equal(t, c.want, scope, c.text)
		require.Equal(t, c.short, scope.String())
		require.Equal(t, c.covers, scope.Covers(shop()), c.text)
	}
	for _, bad := range []string{"/", "sae/", "sae//x", "a/b/c/d"} {
		_, err := release.ParseScope(bad)
		require.Error(t, err, bad)
	}
}

// A freeze of names holds the applications that the names stand for, whichever of their pointers are moved.
func TestCalendar_ScopeOfNames(t *testing.T) {
	t.Parallel()
	other := shop()
	other.ID = "other"
	stop := release.Stop{Name: "sale", Reason: "busy", Scope: release.Scope{Application: "shop", Environment: "production", Apps: []release.App{other, shop().WithDefaults()}}}
	require.NoError(t, stop.Validate())
	calendar := release.Calendar{}.WithStop(stop)
	_, frozen := calendar.Frozen(shop(), time.Now())
	require.True(t, frozen)
	elsewhere := shop()
	elsewhere.Region = "cn-beijing"
	_, frozen = calendar.Frozen(elsewhere, time.Now())
	require.False(t, frozen)

	for want, scope := range map[string]release.Scope{
		"scope.apps: must be":                     {Application: "shop"},
		"scope.application: ":                     {Application: "Shop", Apps: []release.App{shop()}},
		"scope.environment: \"B!\"":               {Application: "shop", Environment: "B!", Apps: []release.App{shop()}},
		"scope: is either":                        {Application: "shop", Region: "cn-hangzhou", Apps: []release.App{shop()}},
		"scope.environment: has no meaning witho": {Environment: "production"},
	} {
		stop.Scope = scope
		require.ErrorContains(t, stop.Validate(), want)
	}
}

// TestCalendar_ScopesAreFilledInACopy so that nobody who shares the calendar sees it change.
func TestCalendar_ScopesAreFilledInACopy(t *testing.T) {
	t.Parallel()
	calendar := release.Calendar{Stops: []release.Stop{{Name: "a"}}, Windows: []release.FreezeWindow{{Name: "b"}}}
	filled, scopes := calendar.Scopes()
	require.Len(t, scopes, 2)
	for _, s := range scopes {
		s.Region = "cn-hangzhou"
	}
	require.Equal(t, "*/cn-hangzhou", filled.Stops[0].Scope.String())
	require.Equal(t, "*/cn-hangzhou", filled.Windows[0].Scope.String())
	require.Equal(t, "*", calendar.Stops[0].Scope.String())
	require.Equal(t, "*", calendar.Windows[0].Scope.String())
}

func TestCalendar_WindowThatCannotBeReadFreezesItsScope(t *testing.T) {
	t.Parallel()
	good := nightly("night", "22:00-06:00", "UTC")
	for name, spoil := range map[string]func(*release.FreezeWindow){
		"zone":  func(w *release.FreezeWindow) { w.Zone = "Mars/Olympus" },
		"local": func(w *release.FreezeWindow) { w.Zone = "Local" },
		"start": func(w *release.FreezeWindow) { w.Start = "22" },
		"end":   func(w *release.FreezeWindow) { w.End = "24:00" },
		"days":  func(w *release.FreezeWindow) { w.Days = []string{"Monday"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := good
			spoil(&w)
			require.Error(t, w.Validate())
			w.Scope.App = shop().ID
			c := release.Calendar{Windows: []release.FreezeWindow{w}}
			freeze, frozen := c.Frozen(shop(), moment(t, "2026-07-01T12:00Z"))
			require.True(t, frozen)
			require.Equal(t, "night", freeze.Name)
			require.Contains(t, freeze.Reason, "cannot be read")
			require.Zero(t, freeze.Until)
			until, active := w.Active(moment(t, "2026-07-01T12:00Z"))
			require.True(t, active)
			require.Zero(t, until)
			_, frozen = c.Frozen(release.App{ID: "another"}, moment(t, "2026-07-01T12:00Z"))
			require.False(t, frozen)
		})
	}
}

func TestCalendarValidateListsEveryProblem(t *testing.T) {
	t.Parallel()
	at := moment(t, "2026-07-01T00:00Z")
	c := release.Calendar{
		Windows: []release.FreezeWindow{
			{Name: "no good", Scope: release.Scope{Platform: "edas", Region: "Hangzhou", App: "a.b"}, Days: []string{"Mon", "mon"}, Start: "9:00", End: "25:00", Zone: "Beijing"},
			{Name: "b", Reason: "x", From: at, To: at},
			{Name: "b", Reason: strings.Repeat("x", 1025), By: strings.Repeat("x", 1025), From: at, Zone: "UTC"},
			{Name: "d", Reason: "x", To: at},
			{Name: "e", Reason: "x", Start: "00:00", End: "00:00", Zone: "UTC"},
		},
		Stops: []release.Stop{{Name: "e"}},
	}
	var problems release.Problems
	require.ErrorAs(t, c.Validate(), &problems)
	var fields []string
	for _, p := range problems {
		fields = append(fields, p.Field)
	}
	require.Equal(t, []string{
		"windows[0].name", "windows[0].scope.platform", "windows[0].scope.region", "windows[0].scope.app", "windows[0].reason",
		"windows[0].days", "windows[0].start", "windows[0].end", "windows[0].zone",
		"windows[1].to",
		"windows[2].reason", "windows[2].by", "windows[2].from", "windows[2].to", "windows[2].name",
		"windows[3].from", "windows[4].end",
		"stops[0].reason", "stops[0].name",
	}, fields)
	require.ErrorContains(t, release.Stop{Name: "x"}.Validate(), "reason: is missing")
}

func TestCalendarIsBounded(t *testing.T) {
	t.Parallel()
	c := release.Calendar{}
	for i := range 100 {
		c = c.WithStop(release.Stop{Name: fmt.Sprint("s", i), Reason: "x"})
	}
	require.NoError(t, c.Validate())
	require.ErrorContains(t, c.WithWindow(nightly("one-more", "22:00-06:00", "UTC")).Validate(), "at most 100")
}

func TestCalendar_EditingLeavesTheCalendarBeforeAlone(t *testing.T) {
	t.Parallel()
	a, b := nightly("a", "22:00-06:00", "UTC"), nightly("b", "22:00-06:00", "UTC")
	before := release.Calendar{}.WithWindow(a).WithWindow(b).WithStop(release.Stop{Name: "s", Reason: "x"})
	text, err := json.Marshal(before)
	require.NoError(t, err)

	changed := a
	changed.Reason = "changed"
	require.Equal(t, []release.FreezeWindow{changed, b}, before.WithWindow(changed).Windows)
	require.Equal(t, []release.Stop{{Name: "s", Reason: "y"}}, before.WithStop(release.Stop{Name: "s", Reason: "y"}).Stops)
	after, had := before.WithoutWindow("a")
	require.True(t, had)
	require.Equal(t, []release.FreezeWindow{b}, after.Windows)
	_, had = before.WithoutWindow("s")
	require.False(t, had, "a stop is no window")
	after, had = before.WithoutStop("s")
	require.True(t, had)
	require.Empty(t, after.Stops)
	_, had = before.WithoutStop("a")
	require.False(t, had, "a window is no stop")

	var again release.Calendar
	require.NoError(t, json.Unmarshal(text, &again))
	require.Equal(t, before, again)
}

// A freeze is one span: each moment of it has the same end, and at the end there is none.
func TestCalendar_FreezeIsOneSpan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		clock := rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprintf("%02d:%02d", rapid.IntRange(0, 23).Draw(t, "hour"), 15*rapid.IntRange(0, 3).Draw(t, "quarter"))
		})
		day := rapid.SampledFrom([]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"})
		zone := rapid.SampledFrom([]string{"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"})
		var c release.Calendar
		for i := range rapid.IntRange(1, 4).Draw(t, "windows") {
			c = c.WithWindow(nightly(fmt.Sprint("w", i), clock.Draw(t, "start")+"-"+clock.Draw(t, "end"), zone.Draw(t, "zone"), rapid.SliceOfN(day, 0, 3).Draw(t, "days")...))
		}
		at := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(t, "minute")) * time.Minute)
		freeze, frozen := c.Frozen(shop(), at)
		alone := false
		for _, w := range c.Windows {
			_, active := w.Active(at)
			alone = alone || active
		}
		require.Equal(t, alone, frozen)
		if !frozen || freeze.Until.IsZero() {
			return
		}
		require.True(t, freeze.Until.After(at))
		between := at.Add(time.Duration(rapid.Int64Range(0, int64(freeze.Until.Sub(at))-1).Draw(t, "between")))
		same, frozen := c.Frozen(shop(), between)
		require.True(t, frozen, "at %s", between)
		require.Equal(t, freeze.Until, same.Until)
		_, frozen = c.Frozen(shop(), freeze.Until)
		require.False(t, frozen, "at the end %s", freeze.Until)
	})
}

// Away from the days on which clocks change, a window is what the clocks show.
func TestCalendar_WindowIsWhatClocksShow(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		start, end := rapid.IntRange(0, 1439).Draw(t, "start"), rapid.IntRange(0, 1439).Draw(t, "end")
		days := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}), 1, 7, rapid.ID).Draw(t, "days")
		w := nightly("w", fmt.Sprintf("%02d:%02d-%02d:%02d", start/60, start%60, end/60, end%60), "Asia/Shanghai", days...)
		at := time.Date(2026, time.January, 1, 0, rapid.IntRange(0, 20*24*60).Draw(t, "minute"), 0, 0, zone)
		shown := at.Hour()*60 + at.Minute()
		on := func(t time.Time) bool { return strings.Contains(strings.Join(days, " "), t.Format("Mon")) }
		want := on(at) && shown >= start && (shown < end || end <= start) ||
			end <= start && shown < end && on(at.AddDate(0, 0, -1))
		_, got := w.Active(at)
		require.Equal(t, want, got, "%s", at)
	})
}

func TestCalendar_LocalTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, zone, first, last string }{
		{"2026-11-11 00:00", "Asia/Shanghai", "2026-11-10T16:00Z", "2026-11-10T16:00Z"},
		{"2026-11-11T09:30", "UTC", "2026-11-11T09:30Z", "2026-11-11T09:30Z"},
		{"2026-11-01 01:30", "America/New_York", "2026-11-01T05:30Z", "2026-11-01T06:30Z"},
		{"2026-03-08 02:30", "America/New_York", "2026-03-08T07:00Z", "2026-03-08T07:00Z"},
	} {
		first, last, err := release.LocalTime(c.text, c.zone)
		require.NoError(t, err)
		require.Equal(t, moment(t, c.first), first, c.text)
		require.Equal(t, moment(t, c.last), last, c.text)
	}
	_, _, err := release.LocalTime("tomorrow", "UTC")
	require.EqualError(t, err, `"tomorrow" is not a date and time such as 2026-11-11 00:00`)
	_, _, err = release.LocalTime("2026-11-11 00:00", "")
	require.ErrorContains(t, err, "IANA name")
}

// The days of a window that follow each other without a gap are one freeze: a weekend ends on
// Monday, not on Saturday at midnight.
func TestFreezeWindow_ActiveJoinsDays(t *testing.T) {
	t.Parallel()
	weekend := release.FreezeWindow{Name: "weekend", Reason: "asleep", Days: []string{"Sat", "Sun"}, Start: "00:00", End: "00:00", Zone: "Asia/Shanghai"}
	until, active := weekend.Active(moment(t, "2026-11-28T12:00+08:00"))
	require.True(t, active)
	require.Equal(t, moment(t, "2026-11-30T00:00+08:00").UTC(), until)
	_, active = weekend.Active(moment(t, "2026-11-30T00:00+08:00"))
	require.False(t, active)
	nights := weekend
	nights.Start, nights.End = "22:00", "06:00"
	until, active = nights.Active(moment(t, "2026-11-28T23:00+08:00"))
	require.True(t, active)
	require.Equal(t, moment(t, "2026-11-29T06:00+08:00").UTC(), until, "there is a day between two nights")
	always := weekend
	always.Days = nil
	until, active = always.Active(moment(t, "2026-11-28T12:00+08:00"))
	require.True(t, active)
	require.Zero(t, until, "what leaves no gap has no end")
}
