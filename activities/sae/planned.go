package sae

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"slipway/release"
	"slipway/saeclient"
)

// planned answers what a release will change, with everything of it that SAE would not take or that
// does not fit to the application as it is.
func (d *Driver) planned(ctx context.Context, r reading, q release.ReleaseQuestion) (*release.Planned, error) {
	c := d.changes(q.Config, r.config)
	plan := &release.Planned{Artifact: q.Artifact, Instances: r.config.replicas(), Settings: c.settings}
	if text, changed := c.params[paramReplicas]; changed {
		plan.Instances, _ = strconv.Atoi(text)
	}
	if q.Artifact == (release.Artifact{}) {
		plan.Artifact = r.running.Artifact
		if plan.Artifact.Package != nil {
			plan.Artifact = nextOf(*plan.Artifact.Package, r.versions.all)
		}
		if len(c.settings) == 0 {
			c.problem("config: nothing would change, the application has all of it already")
		}
	}
	c.problems = append(c.problems, d.traits.Lacking(q)...)
	c.artifact(q.Artifact)
	plan.Artifact.Registry = pulls(plan.Artifact, r.config.text(paramImage), r.config.registry())
	c.sizes()
	c.fits(q.Strategy, plan.Instances)
	if p := q.Artifact.Package; p != nil {
		used, err := r.versions.ofPackage(ctx, p.Version)
		if err != nil {
			return nil, err
		}
		if used != "" {
			c.problem("artifact.package.version: %s was used before, by version %s; SAE takes the version of a package once", p.Version, used)
		}
	}
	plan.Refused = c.problems
	return plan, nil
}

// nextOf is a package under a version that was not used before, as SAE takes none twice: the same
// one for as long as the application, whose newest version comes first, gets no further one.
func nextOf(p release.Package, known []version) release.Artifact {
	newest := ""
	if len(known) > 0 {
		newest = known[0].ID
	}
	sum := sha256.Sum256([]byte(p.Version + "\n" + newest + "\n" + strconv.Itoa(len(known))))
	p.Version = regexp.MustCompile(`-c[0-9a-f]{8}$`).ReplaceAllString(p.Version, "") + "-c" + hex.EncodeToString(sum[:4])
	return release.Artifact{Package: &p}
}

// artifact checks that the application can run what is given, and that SAE can pull it.
func (c *changing) artifact(a release.Artifact) {
	kind := c.now.text("PackageType")
	switch {
	case a.Package != nil && kind == typeImage:
		c.problem("artifact.package: the application is of type %s and runs no package", kind)
	case a.Image != "" && kind != typeImage && kind != "":
		c.problem("artifact.image: the application is of type %s and runs no image", kind)
	}
	before := c.now.text(paramImage)
	switch {
	case a.Registry != nil || !enterprise(a.Image):
	case c.now.registry() != nil && enterprise(before) && hostOf(before) != hostOf(a.Image):
		c.problem("artifact.registry: the image is one of another enterprise registry than the application's: give artifact.registry.instance, which begins with cri-")
	case c.now.registry() == nil && !c.pullsBySecret():
		c.problem("artifact.registry: the image is one of an enterprise registry, whose instance SAE has to be told: give artifact.registry.instance, which begins with cri-")
	}
}

// pullsBySecret reports whether images are pulled by a secret of the application, or will be.
func (c *changing) pullsBySecret() bool {
	if text, changed := c.params[paramPullSecrets]; changed {
		return text != ""
	}
	return c.now.text(paramPullSecrets) != ""
}

// sizes checks that SAE has instances of the CPU and memory that a release asks for, together
// with what stays of them.
func (c *changing) sizes() {
	cpu, byCPU := c.params[paramCPU]
	memory, byMemory := c.params[paramMemory]
	if !byCPU && !byMemory {
		return
	}
	if !byCPU {
		cpu = c.now.text(paramCPU)
	}
	if !byMemory {
		memory = c.now.text(paramMemory)
	}
	var fit []string
	for _, s := range saeclient.InstanceSpecs() {
		if strconv.Itoa(s.Memory) != memory {
			continue
		}
		if strconv.Itoa(s.CPU) == cpu {
			return
		}
		fit = append(fit, strconv.Itoa(s.CPU))
	}
	remedy := "no instances have that memory"
	if len(fit) > 0 {
		remedy = "with that memory there are cpu " + strings.Join(fit, ", ")
	}
	c.problem("config.resources: SAE has no instances with cpu %s and memory %s; %s", cpu, memory, remedy)
}

// fits checks the numbers of a strategy against the number of instances that the application will
// have (SAE API reference ch. 12.3).
func (c *changing) fits(s release.Strategy, instances int) {
	if instances < 1 {
		c.problem("config.instances: an application needs at least one, this would be %d", instances)
		return
	}
	if _, err := planBatches(s, instances); err != nil && s.Type != "" {
		c.problem("%v", err)
	}
	if n := s.MinReadyInstances; n != nil && *n >= instances {
		c.problem("strategy.minReadyInstances: %d needs fewer than the application's %d instances", *n, instances)
	}
}

// planBatches are the batches of a strategy, as SAE makes them.
func planBatches(s release.Strategy, instances int) ([]release.Batch, error) {
	traits, _ := release.TraitsOf(release.PlatformSAE)
	return release.PlanBatches(traits, release.OperationRelease, s, instances)
}
