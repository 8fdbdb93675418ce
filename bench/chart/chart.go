// Package chart draws the reports of heard bench.
package chart

import (
	"fmt"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"heard/bench/load"
)

const (
	width       = 27.5 * vg.Centimeter
	panelHeight = 9 * vg.Centimeter
	legendWidth = 7.5 * vg.Centimeter // a column of its own: lines go everywhere
)

// WriteSVG draws a report as one picture: latency by rate where the report is a
// curve, then the percentiles of latency, then the course over time.
func WriteSVG(w io.Writer, r load.Report) error {
	panels := []func(load.Report) (*plot.Plot, error){percentiles, course}
	if r.Kind == load.Curved {
		panels = append([]func(load.Report) (*plot.Plot, error){byRate}, panels...)
	}
	rows := make([][]*plot.Plot, len(panels))
	for i, draw := range panels {
		p, err := draw(r)
		if err != nil {
			return fmt.Errorf("plot: %w", err)
		}
		rows[i] = []*plot.Plot{p}
	}
	picture := vgsvg.New(width, panelHeight*vg.Length(len(rows)))
	tiles := draw.Tiles{Rows: len(rows), Cols: 1, PadX: vg.Centimeter, PadY: vg.Centimeter / 2,
		PadTop: vg.Centimeter / 2, PadBottom: vg.Centimeter / 2, PadLeft: vg.Centimeter / 2, PadRight: legendWidth + vg.Centimeter}
	for i, canvas := range plot.Align(rows, tiles, draw.New(picture)) {
		p, beside := rows[i][0], canvas[0]
		legend := p.Legend
		p.Legend = plot.NewLegend()
		p.Draw(canvas[0])
		beside.Min.X = beside.Max.X + vg.Centimeter/2
		beside.Max.X = beside.Min.X + legendWidth
		legend.Draw(beside)
	}
	_, err := picture.WriteTo(w)
	return err
}

// panel is an empty plot with a grid.
func panel(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	return p
}

// add draws a line under a name; one without points is left out.
func add(p *plot.Plot, n int, name string, points plotter.XYs, dots bool) error {
	if len(points) == 0 {
		return nil
	}
	line, marks, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, line.Width = plotutil.Color(n), vg.Points(1.2)
	marks.Color, marks.Shape, marks.Radius = plotutil.Color(n), plotutil.Shape(n), vg.Points(2)
	p.Add(line)
	if dots || len(points) == 1 {
		p.Add(marks)
	}
	p.Legend.Add(name, line)
	return nil
}

// logarithmic makes the axis of a plot so, once it has its lines: without any
// there is no logarithm of its ends. It shows whole decades, since only their
// ends are labelled.
func logarithmic(axis *plot.Axis) {
	if axis.Min <= 0 || axis.Min > axis.Max {
		return
	}
	axis.Min = math.Pow(10, math.Floor(math.Log10(axis.Min)))
	axis.Max = max(10*axis.Min, math.Pow(10, math.Ceil(math.Log10(axis.Max))))
	axis.Scale, axis.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
}

func byRate(r load.Report) (*plot.Plot, error) {
	p := panel(r.Scenario+": latency by rate, from the planned moment", "planned requests per second", "ms")
	for n, q := range []struct {
		name string
		of   func(load.Latency) load.MS
	}{
		{"p50", func(l load.Latency) load.MS { return l.P50 }},
		{"p99", func(l load.Latency) load.MS { return l.P99 }},
		{"p99.9", func(l load.Latency) load.MS { return l.P999 }},
	} {
		var points plotter.XYs
		for _, run := range r.Runs {
			if run.Rate > 0 && run.Latency.N > 0 {
				points = append(points, plotter.XY{X: run.Rate, Y: milliseconds(q.of(run.Latency))})
			}
		}
		if err := add(p, n, q.name, points, true); err != nil {
			return nil, err
		}
	}
	logarithmic(&p.Y)
	return p, nil
}

// milliseconds are never 0, which a logarithmic axis does not have.
func milliseconds(m load.MS) float64 { return float64(max(m, 1)) / 1000 }

func percentiles(r load.Report) (*plot.Plot, error) {
	p := panel(r.Scenario+": latency by percentile", "percent of requests", "ms")
	most := 2.0
	line := func(n int, name string, quantiles []load.Quantile, of int64) error {
		var points plotter.XYs
		for _, q := range quantiles {
			x := nines(min(q.Percent, 100-100/float64(of)))
			points = append(points, plotter.XY{X: x, Y: milliseconds(q.MS)})
			most = max(most, x)
		}
		return add(p, n, name, points, false)
	}
	for n, run := range shown(r) {
		if err := line(n, run.Label, run.Quantiles, run.Latency.N); err != nil {
			return nil, err
		}
		if s := run.Screens; s != nil {
			if err := line(n+3, run.Label+", at the screens", s.Quantiles, s.Latency.N); err != nil {
				return nil, err
			}
		}
	}
	logarithmic(&p.Y)
	var ticks plot.ConstantTicks
	for i := range int(most) + 1 {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: fmt.Sprintf("%g", math.Round((1-math.Pow10(-i))*1e9)/1e7)})
	}
	p.X.Tick.Marker = ticks
	return p, nil
}

// nines is 1 for 90 percent, 2 for 99, 3 for 99.9.
func nines(percent float64) float64 { return -math.Log10(max(1-percent/100, 1e-9)) }

func course(r load.Report) (*plot.Plot, error) {
	p := panel(r.Scenario+": good answers over time", "seconds since the end of the warm-up", "per second")
	p.Y.Min = 0
	for n, run := range shown(r) {
		var good, wrong plotter.XYs
		each := float64(run.Course.IntervalMS) / 1000
		for i, point := range run.Course.Whole(run.Seconds) {
			x := (float64(i) + 0.5) * each
			good = append(good, plotter.XY{X: x, Y: float64(point.Good) / each})
			wrong = append(wrong, plotter.XY{X: x, Y: float64(point.Errors) / each})
		}
		if err := add(p, n, run.Label, good, false); err != nil {
			return nil, err
		}
		if run.Errors > 0 {
			if err := add(p, n+3, run.Label+" errors", wrong, false); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}

// shown are the runs drawn by themselves: of a curve the peak, and the plans at
// half, nine tenths and more of it; else all.
func shown(r load.Report) []load.Result {
	if r.Kind != load.Curved {
		return r.Runs
	}
	var runs []load.Result
	for _, run := range r.Runs {
		switch run.Label {
		case "peak", "50 %", "90 %", "120 %":
			runs = append(runs, run)
		}
	}
	return runs
}
