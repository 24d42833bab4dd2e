package release_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
)

func httpGate() release.Gate {
	return release.Gate{Name: "health", HTTP: &release.HTTPGate{URL: "https://shop.example/healthz"}}
}

func targetGate() release.Gate {
	return release.Gate{Name: "instances", HTTP: &release.HTTPGate{Target: release.TargetGray, Port: 8080, Path: "/healthz"}}
}

func prometheusGate() release.Gate {
	return release.Gate{Name: "errors", Prometheus: &release.PrometheusGate{
		Address: "http://prometheus.example:9090", Query: "sum(rate(errors[5m]))", Pass: "< 0.01", Fail: ">= 0.05",
	}}
}

func TestGateDefaults(t *testing.T) {
	t.Parallel()
	asked := httpGate()
	g := asked.WithDefaults()
	require.Equal(t, release.Gate{
		Name: "health", Samples: 1, Interval: release.Duration(30 * time.Second), NoData: release.VerdictInconclusive,
		HTTP: &release.HTTPGate{URL: "https://shop.example/healthz", Method: "GET", Timeout: release.Duration(5 * time.Second)},
	}, g)
	require.NoError(t, g.Validate())
	require.Empty(t, asked.HTTP.Method, "what was asked for is left as it was")
	require.NoError(t, prometheusGate().WithDefaults().Validate())
	g = targetGate().WithDefaults()
	require.Equal(t, "http", g.HTTP.Scheme)
	require.NoError(t, g.Validate())
}

func TestGate_OnlyATargetAsksInstances(t *testing.T) {
	t.Parallel()
	require.True(t, targetGate().AsksInstances())
	require.False(t, httpGate().AsksInstances())
	require.False(t, prometheusGate().AsksInstances())
}

func TestGateReadsAsItIsWritten(t *testing.T) {
	t.Parallel()
	const text = `{"name":"errors","prometheus":{"address":"http://p:9090","query":"up","pass":"\u003e 0"},` +
		`"samples":3,"interval":"10s","maxFailures":1,"maxInconclusive":2,"noData":"fail","dryRun":true}`
	var g release.Gate
	require.NoError(t, json.Unmarshal([]byte(text), &g))
	written, err := json.Marshal(g)
	require.NoError(t, err)
	require.Equal(t, text, string(written))
	bare, err := json.Marshal(httpGate())
	require.NoError(t, err)
	require.JSONEq(t, `{"name":"health","http":{"url":"https://shop.example/healthz"}}`, string(bare))
}

// samplesOf makes samples of a text: p pass, f fail, i inconclusive; in capitals missed.
func samplesOf(text string) []release.Sample {
	verdicts := map[rune]release.Verdict{'p': release.VerdictPass, 'f': release.VerdictFail, 'i': release.VerdictInconclusive}
	var samples []release.Sample
	for _, r := range text {
		lower := []rune(strings.ToLower(string(r)))[0]
		samples = append(samples, release.Sample{Verdict: verdicts[lower], Missed: r != lower})
	}
	return samples
}

func TestGate_Judge(t *testing.T) {
	t.Parallel()
	const pass, fail, open = release.VerdictPass, release.VerdictFail, release.VerdictInconclusive
	for name, c := range map[string]struct {
		samples, failures, inconclusive int
		taken                           string
		want                            release.Verdict
		done                            bool
	}{
		"nothing taken yet":                             {samples: 1, taken: "", want: open},
		"one good sample":                               {samples: 1, taken: "p", want: pass, done: true},
		"one bad sample":                                {samples: 1, taken: "f", want: fail, done: true},
		"one open sample":                               {samples: 1, taken: "i", want: open, done: true},
		"the defaults want one sample":                  {taken: "p", want: pass, done: true},
		"good so far":                                   {samples: 3, taken: "pp", want: open},
		"all good":                                      {samples: 3, taken: "ppp", want: pass, done: true},
		"a failure ends it at once":                     {samples: 3, taken: "f", want: fail, done: true},
		"a tolerated failure does not":                  {samples: 3, failures: 1, taken: "f", want: open},
		"tolerated failures pass":                       {samples: 3, failures: 1, taken: "fpp", want: pass, done: true},
		"one failure too many":                          {samples: 5, failures: 1, taken: "pff", want: fail, done: true},
		"open, but it may still fail":                   {samples: 3, taken: "i", want: open},
		"open, and then it fails":                       {samples: 3, taken: "if", want: fail, done: true},
		"open to the end":                               {samples: 3, taken: "ipp", want: open, done: true},
		"open for certain, nothing left can fail it":    {samples: 4, failures: 2, taken: "ii", want: open, done: true},
		"too many open ones, but three could fail":      {samples: 5, failures: 2, taken: "ii", want: open},
		"tolerated open samples pass":                   {samples: 3, inconclusive: 2, taken: "iip", want: pass, done: true},
		"only tolerated samples measured nothing good":  {samples: 2, failures: 1, inconclusive: 1, taken: "fi", want: open, done: true},
		"never measured, though no data is to pass":     {samples: 3, taken: "PPP", want: open, done: true},
		"measured once, the rest missed":                {samples: 3, taken: "PPp", want: pass, done: true},
		"missed, and no data is to fail":                {samples: 3, taken: "F", want: fail, done: true},
		"samples beyond the wanted number do not count": {samples: 1, taken: "pf", want: pass, done: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := httpGate()
			g.Samples, g.MaxFailures, g.MaxInconclusive = c.samples, c.failures, c.inconclusive
			v, done := g.Judge(samplesOf(c.taken))
			require.Equal(t, c.want, v)
			require.Equal(t, c.done, done)
		})
	}
}

func drawGate(t *rapid.T) release.Gate {
	g := httpGate()
	g.Samples = rapid.IntRange(1, 12).Draw(t, "samples")
	g.MaxFailures = rapid.IntRange(0, g.Samples-1).Draw(t, "maxFailures")
	g.MaxInconclusive = rapid.IntRange(0, g.Samples-1).Draw(t, "maxInconclusive")
	return g
}

func drawSamples(t *rapid.T, name string) []release.Sample {
	return samplesOf(rapid.StringOfN(rapid.SampledFrom([]rune("pfiPFI")), 0, 15, -1).Draw(t, name))
}

func TestGate_AVerdictThatIsDoneStays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, samples, more := drawGate(t), drawSamples(t, "taken"), drawSamples(t, "more")
		before, done := g.Judge(samples)
		after, still := g.Judge(append(samples, more...))
		if done {
			require.True(t, still)
			require.Equal(t, before, after)
		}
	})
}

func TestGate_AFailingSampleNeverMakesAFailedGatePass(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, samples := drawGate(t), drawSamples(t, "taken")
		at := rapid.IntRange(0, len(samples)).Draw(t, "at")
		v, _ := g.Judge(samples)
		worse := append(append(append([]release.Sample{}, samples[:at]...), samplesOf("f")...), samples[at:]...)
		after, _ := g.Judge(worse)
		if v == release.VerdictFail {
			require.NotEqual(t, release.VerdictPass, after)
		}
	})
}

func TestGate_AGatePassesOnlyOnWhatWasMeasured(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, samples := drawGate(t), drawSamples(t, "taken")
		v, done := g.Judge(samples)
		samples = samples[:min(len(samples), g.Samples)]
		if v != release.VerdictPass {
			return
		}
		require.True(t, done)
		require.Len(t, samples, g.Samples)
		good := 0
		for _, s := range samples {
			if s.Verdict == release.VerdictPass && !s.Missed {
				good++
			}
		}
		require.Positive(t, good)
	})
}

func TestGate_EveryGateComesToAnEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := drawGate(t)
		samples := samplesOf(rapid.StringOfN(rapid.SampledFrom([]rune("pfiPFI")), g.Samples, g.Samples, -1).Draw(t, "all"))
		_, done := g.Judge(samples)
		require.True(t, done)
	})
}

func TestGate_ResultTellsWhy(t *testing.T) {
	t.Parallel()
	g := prometheusGate()
	g.Samples, g.DryRun = 3, true
	samples := []release.Sample{
		{Verdict: release.VerdictPass, Value: "0.001"},
		{Verdict: release.VerdictInconclusive, Missed: true, Note: "no answer: connection refused"},
		{Verdict: release.VerdictFail, Value: "0.07", Note: "worst of 2 series: {pod=\"b\"}"},
	}
	r, done := g.Result(2, samples)
	require.True(t, done)
	require.Equal(t, release.GateResult{
		Name: "errors", Batch: 2, Verdict: release.VerdictFail, DryRun: true, Samples: samples,
		Reason: `1 of 3 samples passed, 1 failed, 1 inconclusive; 1 could not be taken; latest: fail, 0.07, worst of 2 series: {pod="b"}`,
	}, r)
	r, done = g.Result(2, samples[:1])
	require.False(t, done)
	require.Equal(t, "1 of 1 samples passed, 0 failed, 0 inconclusive", r.Reason)
}

func TestGateLimitLeavesTimeForEverySample(t *testing.T) {
	t.Parallel()
	g := httpGate()
	g.Samples, g.Interval = 10, release.Duration(time.Minute)
	// Ten intervals, and ten attempts that end because their worker died.
	require.Greater(t, g.Limit(), 20*time.Minute)
	require.Less(t, g.Limit(), time.Hour)
	require.Positive(t, release.Gate{}.Limit())
}

func TestGate_ValidateListsEveryProblemOfAGate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		gate  release.Gate
		spoil func(*release.Gate)
		want  []string
	}{
		"no probe":                     {httpGate(), func(g *release.Gate) { g.HTTP = nil }, []string{"gate"}},
		"two probes":                   {httpGate(), func(g *release.Gate) { g.Prometheus = prometheusGate().Prometheus }, []string{"gate"}},
		"no name":                      {httpGate(), func(g *release.Gate) { g.Name = "" }, []string{"gate.name"}},
		"a name with a blank":          {httpGate(), func(g *release.Gate) { g.Name = "my gate" }, []string{"gate.name"}},
		"too many samples":             {httpGate(), func(g *release.Gate) { g.Samples = 101 }, []string{"gate.samples"}},
		"less than no samples":         {httpGate(), func(g *release.Gate) { g.Samples = -1 }, []string{"gate.samples"}},
		"a short interval":             {httpGate(), func(g *release.Gate) { g.Interval = 1 }, []string{"gate.interval"}},
		"more than a day":              {httpGate(), func(g *release.Gate) { g.Samples, g.Interval = 25, release.Duration(time.Hour) }, []string{"gate.interval"}},
		"a day":                        {httpGate(), func(g *release.Gate) { g.Samples, g.Interval = 24, release.Duration(time.Hour) }, nil},
		"no failure would matter":      {httpGate(), func(g *release.Gate) { g.MaxFailures = 1 }, []string{"gate.maxFailures"}},
		"less than no failures":        {httpGate(), func(g *release.Gate) { g.MaxFailures = -1 }, []string{"gate.maxFailures"}},
		"every sample may be open":     {httpGate(), func(g *release.Gate) { g.MaxInconclusive = 1 }, []string{"gate.maxInconclusive"}},
		"unknown policy without data":  {httpGate(), func(g *release.Gate) { g.NoData = "maybe" }, []string{"gate.noData"}},
		"no address":                   {httpGate(), func(g *release.Gate) { g.HTTP.URL = "" }, []string{"gate.http.url"}},
		"another scheme":               {httpGate(), func(g *release.Gate) { g.HTTP.URL = "file:///etc/passwd" }, []string{"gate.http.url"}},
		"no host":                      {httpGate(), func(g *release.Gate) { g.HTTP.URL = "http://:80/hush" }, []string{"gate.http.url"}},
		"user info":                    {httpGate(), func(g *release.Gate) { g.HTTP.URL = "https://me:hush@shop.example" }, []string{"gate.http.url"}},
		"a token in the query":         {httpGate(), func(g *release.Gate) { g.HTTP.URL = "https://shop.example/?Access_Token=hush" }, []string{"gate.http.url"}},
		"a signature in the query":     {httpGate(), func(g *release.Gate) { g.HTTP.URL = "https://shop.example/?a=b&Signature=hush" }, []string{"gate.http.url"}},
		"a key, escaped":               {httpGate(), func(g *release.Gate) { g.HTTP.URL = "https://shop.example/?%6bey=hush" }, []string{"gate.http.url"}},
		"a query that cannot be read":  {httpGate(), func(g *release.Gate) { g.HTTP.URL = "https://shop.example/?%zz=a" }, []string{"gate.http.url"}},
		"a fragment":                   {httpGate(), func(g *release.Gate) { g.HTTP.URL = "https://shop.example/#hush" }, []string{"gate.http.url"}},
		"a long address":               {httpGate(), func(g *release.Gate) { g.HTTP.URL += strings.Repeat("x", 2048) }, []string{"gate.http.url"}},
		"a query in a probe is fine":   {httpGate(), func(g *release.Gate) { g.HTTP.URL += "?deep=1" }, nil},
		"a method that changes things": {httpGate(), func(g *release.Gate) { g.HTTP.Method = "DELETE" }, []string{"gate.http.method"}},
		"a status that is none":        {httpGate(), func(g *release.Gate) { g.HTTP.Status = []int{200, 99, 204} }, []string{"gate.http.status[1]"}},
		"many statuses":                {httpGate(), func(g *release.Gate) { g.HTTP.Status = statuses(21) }, []string{"gate.http.status"}},
		"a body of HEAD":               {httpGate(), func(g *release.Gate) { g.HTTP.Method, g.HTTP.BodyContains = "HEAD", "ok" }, []string{"gate.http.bodyContains"}},
		"a long timeout":               {httpGate(), func(g *release.Gate) { g.HTTP.Timeout = release.Duration(31 * time.Second) }, []string{"gate.http.timeout"}},
		"a negative timeout":           {httpGate(), func(g *release.Gate) { g.HTTP.Timeout = -1 }, []string{"gate.http.timeout"}},
		"a port beside an address":     {httpGate(), func(g *release.Gate) { g.HTTP.Port = 80 }, []string{"gate.http.port"}},
		"a target and an address":      {targetGate(), func(g *release.Gate) { g.HTTP.URL = "http://hush.example" }, []string{"gate.http.url"}},
		"a target alone":               {targetGate(), func(g *release.Gate) { g.HTTP.Port, g.HTTP.Path = 0, "" }, []string{"gate.http.port", "gate.http.path"}},
		"another target":               {targetGate(), func(g *release.Gate) { g.HTTP.Target = "blue" }, []string{"gate.http.target"}},
		"a port that is none":          {targetGate(), func(g *release.Gate) { g.HTTP.Port = 65536 }, []string{"gate.http.port"}},
		"a path that leads elsewhere":  {targetGate(), func(g *release.Gate) { g.HTTP.Path = "//hush.example/" }, []string{"gate.http.path"}},
		"a whole address as path":      {targetGate(), func(g *release.Gate) { g.HTTP.Path = "http://hush.example/" }, []string{"gate.http.path"}},
		"a fragment in a path":         {targetGate(), func(g *release.Gate) { g.HTTP.Path = "/#hush" }, []string{"gate.http.path"}},
		"a token in a path":            {targetGate(), func(g *release.Gate) { g.HTTP.Path = "/?token=hush" }, []string{"gate.http.path"}},
		"a query in a path is fine":    {targetGate(), func(g *release.Gate) { g.HTTP.Path = "/healthz?deep=1" }, nil},
		"instances by another scheme":  {targetGate(), func(g *release.Gate) { g.HTTP.Scheme = "ftp" }, []string{"gate.http.scheme"}},
		"instances by https":           {targetGate(), func(g *release.Gate) { g.HTTP.Scheme = "https" }, nil},
		"a POST to instances":          {targetGate(), func(g *release.Gate) { g.HTTP.Method = "POST" }, []string{"gate.http.method"}},
		"all that a target can have wrong": {
			targetGate(), func(g *release.Gate) {
				*g.HTTP = release.HTTPGate{Target: "blue", URL: "http://x.example", Scheme: "ftp", Method: "POST", Status: []int{1}, Timeout: -1}
			},
			[]string{"gate.http.target", "gate.http.url", "gate.http.port", "gate.http.path", "gate.http.scheme", "gate.http.method", "gate.http.status[0]", "gate.http.timeout"},
		},
		"no server":                     {prometheusGate(), func(g *release.Gate) { g.Prometheus.Address = "prometheus:9090" }, []string{"gate.prometheus.address"}},
		"a query in the base address":   {prometheusGate(), func(g *release.Gate) { g.Prometheus.Address += "?token=hush" }, []string{"gate.prometheus.address"}},
		"no query":                      {prometheusGate(), func(g *release.Gate) { g.Prometheus.Query = " " }, []string{"gate.prometheus.query"}},
		"a long query":                  {prometheusGate(), func(g *release.Gate) { g.Prometheus.Query = strings.Repeat("x", 4097) }, []string{"gate.prometheus.query"}},
		"no condition":                  {prometheusGate(), func(g *release.Gate) { g.Prometheus.Pass, g.Prometheus.Fail = "", "" }, []string{"gate.prometheus"}},
		"conditions that are none":      {prometheusGate(), func(g *release.Gate) { g.Prometheus.Pass, g.Prometheus.Fail = "good", "bad" }, []string{"gate.prometheus.pass", "gate.prometheus.fail"}},
		"everything that can be wrong":  {release.Gate{}, func(g *release.Gate) { g.Interval = -1 }, []string{"gate.name", "gate.interval", "gate"}},
		"one condition alone is enough": {prometheusGate(), func(g *release.Gate) { g.Prometheus.Fail = "" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := c.gate
			c.spoil(&g)
			err := g.WithDefaults().Validate()
			var problems release.Problems
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorAs(t, err, &problems)
			var fields []string
			for _, p := range problems {
				fields = append(fields, p.Field)
				require.NotContains(t, p.Message, "hush")
			}
			require.Equal(t, c.want, fields)
		})
	}
}

func statuses(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = 200 + i
	}
	return list
}

func TestGate_Conditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		holds []float64
		not   []float64
	}{
		{"< 0.01", []float64{0, 0.009, -3, math.Inf(-1)}, []float64{0.01, 1, math.Inf(1)}},
		{"<=0.01", []float64{0.01, 0}, []float64{0.011}},
		{" > 5 ", []float64{5.1, math.Inf(1)}, []float64{5, 4}},
		{">= 1e-3", []float64{0.001, 2}, []float64{0.0009}},
		{"== 0", []float64{0}, []float64{1, -1}},
		{"!= -1.5", []float64{0, math.Inf(1)}, []float64{-1.5}},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			condition, err := release.ParseCondition(c.text)
			require.NoError(t, err)
			for _, x := range c.holds {
				require.True(t, condition.Holds(x), "%v", x)
			}
			for _, x := range append(c.not, math.NaN()) {
				require.False(t, condition.Holds(x), "%v", x)
			}
		})
	}
	for _, text := range []string{
		"", "5", "<", "< ", "<< 5", "=< 5", "= 5", "=> 5", "< five", "< NaN", "< inf", "< +Inf", "< 1e999", "< 0x10", "< 1_000", "< 5 %", "< 5; > 2", "<\x005",
	} {
		_, err := release.ParseCondition(text)
		require.Error(t, err, "%q", text)
	}
	require.False(t, release.Condition{}.Holds(0), "no condition holds for nothing")
}

func FuzzParseCondition(f *testing.F) {
	for _, text := range []string{"< 0.01", ">=5", "== -1e-9", "!= 0", "", "<>", "< NaN", "< 0x1p-2", ">= ９"} {
		f.Add(text, 1.0)
	}
	f.Fuzz(func(t *testing.T, text string, x float64) {
		c, err := release.ParseCondition(text)
		if err != nil {
			require.Zero(t, c)
			return
		}
		again, err := release.ParseCondition(c.String())
		require.NoError(t, err, "a condition reads as it is written")
		require.Equal(t, c, again)
		require.Equal(t, c.Holds(x), again.Holds(x))
		require.False(t, c.Holds(math.NaN()))
	})
}

func TestGate_ANumberIsJudgedByItsConditions(t *testing.T) {
	t.Parallel()
	const pass, fail, open = release.VerdictPass, release.VerdictFail, release.VerdictInconclusive
	for name, c := range map[string]struct {
		pass, fail string
		x          float64
		want       release.Verdict
	}{
		"good":                       {"< 1", ">= 5", 0, pass},
		"bad":                        {"< 1", ">= 5", 5, fail},
		"between":                    {"< 1", ">= 5", 3, open},
		"both":                       {"< 10", ">= 5", 7, fail},
		"good alone":                 {"< 1", "", 0, pass},
		"not good alone":             {"< 1", "", 1, fail},
		"bad alone":                  {"", ">= 5", 5, fail},
		"not bad alone":              {"", ">= 5", 4, pass},
		"no condition":               {"", "", 4, open},
		"a good one that is no text": {"yes", "> 5", 4, open},
		"a bad one that is no text":  {"< 5", "no", 4, open},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, release.PrometheusGate{Pass: c.pass, Fail: c.fail}.Verdict(c.x))
		})
	}
}
