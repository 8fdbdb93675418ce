package load

import (
	"context"
	"fmt"
)

// Shares are the parts of the peak a saturation curve is measured at, in percent.
var Shares = []int{10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120}

// Curve measures the peak in a closed loop and then the latency on plans of
// 10 to 120 % of it. The first result is the peak's. What was measured before an
// error is returned with it.
func Curve(ctx context.Context, job Job, o Options) ([]Result, error) {
	progress, whole := o.Progress, 1+len(Shares)
	o.Label, o.Rate, o.Burst = "peak", 0, 0
	part := func(i int) {
		if progress != nil {
			// In thousandths of a step: the steps' requests are not known yet.
			o.Progress = func(done, expected int) { progress(1000*i+1000*done/expected, 1000*whole) }
		}
	}
	part(0)
	peak, err := Run(ctx, job, o)
	results := []Result{peak}
	if err == nil {
		err = peak.silent()
	}
	for i, share := range Shares {
		if err != nil {
			return results, err
		}
		o.Label, o.Rate = fmt.Sprintf("%d %%", share), peak.PerSecond*float64(share)/100
		part(i + 1)
		var step Result
		step, err = Run(ctx, job, o)
		results = append(results, step)
		if err == nil {
			err = step.silent()
		}
	}
	return results, err
}
