package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func shop() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-1"}
}

func image(tag string) release.Artifact {
	return release.Artifact{Image: "registry.example/shop:" + tag}
}

// at is a time of the tests, some minutes after another one.
func at(minutes int) time.Time {
	return time.Date(2026, time.July, 1, 9, minutes, 0, 0, time.UTC)
}

// The keys are those of records that are kept for more than a year.
func TestRecord_KeysStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	key, err := keyOf(shop(), "r-mjnxgs3lpfxg2zlo")
	require.NoError(t, err)
	require.Equal(t, "ydex6674oylduxuo.r-mjnxgs3lpfxg2zlo", key)

	elsewhere := shop()
	elsewhere.Region = "cn-beijing"
	require.NotEqual(t, appToken(shop()), appToken(elsewhere))
}

func TestRecord_NoKeyOfWhatIsNoRelease(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "r-", "r-*", "r->", ">", "r-a.b", "r-a b", "r-ü", "s-mjnxgs3lpfxg2zlo", "r-" + strings.Repeat("a", maxID)} {
		_, err := keyOf(shop(), id)
		var problem release.Problem
		require.ErrorAs(t, err, &problem, id)
		require.Equal(t, "releaseId", problem.Field)
		require.Less(t, len(problem.Message), 300)
	}
	for _, app := range []release.App{{}, {Platform: "sae"}, {Platform: "sae", ID: strings.Repeat("a", maxApp)}} {
		_, err := keyOf(app, "r-a")
		var problem release.Problem
		require.ErrorAs(t, err, &problem, app.ID)
		require.Equal(t, "app", problem.Field)
	}
}

func TestRecord_DecodeRefusesWhatIsNotOfTheKey(t *testing.T) {
	t.Parallel()
	r, value, err := Record{ReleaseID: "r-a", App: shop()}.fit()
	require.NoError(t, err)
	key, err := keyOf(shop(), "r-a")
	require.NoError(t, err)
	r.UpdatedAt = at(1)
	got, err := decode[Record](key, value, at(1).Local())
	require.NoError(t, err)
	require.Equal(t, r, got)

	_, err = decode[Record](appToken(shop())+".r-b", value, at(1))
	require.ErrorContains(t, err, "holds the entry of another key")
	_, err = decode[Record](key, []byte("freeze!"), at(1))
	require.ErrorContains(t, err, "key "+key+" of bucket slipway-ledger is no entry")
}

func TestRecord_NewestFirst(t *testing.T) {
	t.Parallel()
	ids := func(records []Record) (ids []string) {
		for _, r := range records {
			ids = append(ids, r.ReleaseID)
		}
		return ids
	}
	records := []Record{
		{ReleaseID: "r-started", StartedAt: at(2), UpdatedAt: at(9)},
		{ReleaseID: "r-of-a-set", Progress: release.Progress{AcceptedAt: at(2).Add(-time.Second)}, StartedAt: at(7), UpdatedAt: at(9)},
		{ReleaseID: "r-b", RequestedAt: at(3)},
		{ReleaseID: "r-oldest", RequestedAt: at(1), StartedAt: at(8), UpdatedAt: at(9)},
		{ReleaseID: "r-newest", UpdatedAt: at(4)},
		{ReleaseID: "r-a", RequestedAt: at(3)},
	}
	require.Equal(t, []string{"r-newest", "r-a", "r-b", "r-started", "r-of-a-set", "r-oldest"}, ids(newestFirst(records, 0)))
	require.Equal(t, []string{"r-newest", "r-a"}, ids(newestFirst(records, 2)))
}
