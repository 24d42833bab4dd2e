package servicestagesim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// buildHandlers are the operations on builds.
func buildHandlers() map[string]handler {
	return map[string]handler{
		"ListBuildJobs":   listBuildJobs,
		"ListBuilds":      listBuilds,
		"ListBuildPhases": listBuildPhases,
		"GetBuildLogs":    getBuildLogs,
	}
}

// States of builds and of their phases.
const (
	buildNotStarted = "NotStarted"
	buildBuilding   = "Building"
	buildSuccessful = "Successful"
	buildFailed     = "Failed"
)

// listedBuilds is how many builds of a job are listed, the newest first.
const listedBuilds = 20

// buildPhases are the phases of a build, one after the other, each as long as a task of a deployment.
func buildPhases() []string {
	return []string{"Init", "Download", "PreProcess", "Build", "Artifact", "PostProcess"}
}

// downloadPhase is the phase in which a source that does not exist is found out.
const downloadPhase = 1

// buildState is what the operations on builds know.
type buildState struct {
	// Jobs are those of all components, by ID.
	Jobs map[string]*buildJob `json:"jobs"`
	// Numbered counts the phases of all builds.
	Numbered int `json:"numbered"`
}

func (s *buildState) fillMaps() { simframe.FillMap(&s.Jobs) }

func (s *buildState) consistent() error {
	for id, j := range s.Jobs {
		if j == nil || j.ID != id || slices.Contains(j.Builds, nil) {
			return fmt.Errorf("build job %s is null, filed under another ID or has a build that is null", id)
		}
		for _, b := range j.Builds {
			if b.Step <= 0 {
				return errors.New("a build has phases that take no time")
			}
		}
	}
	return nil
}

// buildJob makes the image of a component, again whenever its source changes.
type buildJob struct {
	ID string `json:"id"`
	// Name is that of the component.
	Name   string    `json:"name"`
	Begun  time.Time `json:"begun"`
	Builds []*build  `json:"builds"`
}

// build is one run of a build job.
type build struct {
	ID     string    `json:"id"`
	Source string    `json:"source"`
	Begun  time.Time `json:"begun"`
	// Step is how long each phase takes.
	Step time.Duration `json:"step"`
	// First is the number of its first phase.
	First int `json:"first"`
	// Fails tells that its source does not exist.
	Fails bool `json:"fails"`
}

// beginBuild begins a build of the component with a name, and returns the ID of its job. An empty ID makes a new job.
func (c *call) beginBuild(id, name, source string) string {
	j := c.st.Builds.Jobs[id]
	if j == nil {
		j = &buildJob{ID: c.drawHex("build-job", 40), Begun: c.now}
		c.st.Builds.Jobs[j.ID] = j
	}
	j.Name = name
	j.Builds = append(j.Builds, &build{
		ID: c.drawHex("build", 40), Source: source, Begun: c.now, Step: c.config.TaskTime, First: c.st.Builds.Numbered,
		Fails: c.st.Behaviours[source].Result == ResultMissing,
	})
	c.st.Builds.Numbered += len(buildPhases())
	return j.ID
}

// phases are the states of the phases of a build.
func (b *build) phases(now time.Time) []string {
	states := make([]string, len(buildPhases()))
	for i := range states {
		start := b.Begun.Add(time.Duration(i) * b.Step)
		switch {
		case b.Fails && i > downloadPhase, now.Before(start):
			states[i] = buildNotStarted
		case now.Before(start.Add(b.Step)):
			states[i] = buildBuilding
		case b.Fails && i == downloadPhase:
			states[i] = buildFailed
		default:
			states[i] = buildSuccessful
		}
	}
	return states
}

// state is that of a build, and how long it has taken.
func (b *build) state(now time.Time) (state string, took time.Duration) {
	phases := len(buildPhases())
	end := buildSuccessful
	if b.Fails {
		phases, end = downloadPhase+1, buildFailed
	}
	whole := time.Duration(phases) * b.Step
	if took = now.Sub(b.Begun); took < whole {
		return buildBuilding, took
	}
	return end, whole
}

// log is what a build has written by now, a line at the beginning and the end of each phase.
func (b *build) log(now time.Time) string {
	var text strings.Builder
	for i, state := range b.phases(now) {
		phase := buildPhases()[i]
		if state != buildNotStarted {
			fmt.Fprintf(&text, "%s: begins\n", phase)
		}
		if state == buildFailed {
			fmt.Fprintf(&text, "%s: the source %s could not be fetched: it does not exist\n", phase, b.Source)
		}
		if state == buildFailed || state == buildSuccessful {
			fmt.Fprintf(&text, "%s: %s\n", phase, state)
		}
	}
	return text.String()
}

// mostPages bounds the numbers of pages and of items on them.
const mostPages = 1 << 20

// listBuildJobs serves the operation of that name.
func listBuildJobs(c *call) (reply, *apiError) {
	k := c.checker()
	for _, name := range []string{"page", "per_page"} {
		k.check(c.query.Get(name) != "", "the parameter %s must be given", name)
	}
	number := c.number(k, "page", numberRange{most: mostPages})
	size := c.number(k, "per_page", numberRange{most: mostPages})
	k.check(number > 0 || c.query.Get("page") == "", "page must be 1 or more")
	k.check(size > 0 || c.query.Get("per_page") == "", "per_page must be 1 or more")
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	type jobBody struct {
		ID   string `json:"job_id"`
		Name string `json:"job_name"`
	}
	jobs := simframe.SortedValues(c.st.Builds.Jobs)
	slices.SortStableFunc(jobs, func(a, b *buildJob) int { return b.Begun.Compare(a.Begun) })
	list := []jobBody{}
	for _, j := range jobs {
		if c.asked("job_name", j.Name) {
			list = append(list, jobBody{j.ID, j.Name})
		}
	}
	from := min((number-1)*size, len(list))
	return reply{body: struct {
		List    []jobBody `json:"list"`
		Total   int       `json:"total"`
		Page    int       `json:"page"`
		PerPage int       `json:"per_page"`
	}{list[from:min(from+size, len(list))], len(list), number, size}}, nil
}

// listBuilds serves the operation of that name.
func listBuilds(c *call) (reply, *apiError) {
	name := c.query.Get("name")
	k := c.checker()
	k.check(name != "", "the parameter name must be that of the job")
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	id := c.params["job_id"]
	j := c.st.Builds.Jobs[id]
	if j == nil || j.Name != name {
		return reply{}, refusef(codeNoJob, "there is no build job %q with the name %q", simframe.Shorten(id), simframe.Shorten(name))
	}
	type buildBody struct {
		ID       string `json:"build_id"`
		State    string `json:"build_state"`
		Duration int64  `json:"duration"`
	}
	list, finished, successful := []buildBody{}, 0, 0
	for _, b := range slices.Backward(j.Builds) {
		state, took := b.state(c.now)
		if state != buildBuilding {
			finished++
		}
		if state == buildSuccessful {
			successful++
		}
		if len(list) < listedBuilds {
			list = append(list, buildBody{b.ID, state, int64(took / time.Second)})
		}
	}
	return reply{body: struct {
		List       []buildBody `json:"list"`
		Total      int         `json:"total"`
		Page       int         `json:"page"`
		PerPage    int         `json:"per_page"`
		Finished   int         `json:"finished"`
		Successful int         `json:"successful"`
	}{list, len(j.Builds), 1, listedBuilds, finished, successful}}, nil
}

// build finds the build that the path names.
func (c *call) build() (*build, *apiError) {
	id := c.params["build_id"]
	for _, j := range c.st.Builds.Jobs {
		for _, b := range j.Builds {
			if b.ID == id {
				return b, nil
			}
		}
	}
	return nil, refusef(codeNoJob, "there is no build %q", simframe.Shorten(id))
}

// listBuildPhases serves the operation of that name. IDs are numbers, as in the reference's example.
func listBuildPhases(c *call) (reply, *apiError) {
	b, refused := c.build()
	if refused != nil {
		return reply{}, refused
	}
	type phaseBody struct {
		ID    int    `json:"id"`
		Name  string `json:"name"`
		State string `json:"state"`
	}
	list := []phaseBody{}
	for i, state := range b.phases(c.now) {
		list = append(list, phaseBody{b.First + i + 1, buildPhases()[i], state})
	}
	return reply{body: struct {
		List  []phaseBody `json:"list"`
		Total int         `json:"total"`
	}{list, len(list)}}, nil
}

// getBuildLogs serves the operation of that name: the log from an offset in bytes on.
func getBuildLogs(c *call) (reply, *apiError) {
	b, refused := c.build()
	if refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(c.query.Get("from") != "", "the parameter from must be given")
	from := c.number(k, "from", numberRange{most: maxOffset})
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	text := b.log(c.now)
	return reply{body: struct {
		Log         string `json:"buildlog"`
		Next        int    `json:"next"`
		PhaseStates string `json:"phase_states"`
		Phases      string `json:"phases"`
	}{text[min(from, len(text)):], len(text), strings.Join(b.phases(c.now), ","), strings.Join(buildPhases(), ",")}}, nil
}
