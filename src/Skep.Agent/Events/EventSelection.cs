using System.Diagnostics;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Skep.Tetragon.Filters;

namespace Skep.Agent.Events;

/// <summary>
/// What somebody wants of the events: those that filters let through, without the members that are not wanted, and equal ones as one. It keeps what waits
/// for its window's end, so that each listener has its own; not for several threads at once.
/// </summary>
sealed class EventSelection
{
    readonly EventFilter? _filter;
    readonly FieldFilters? _fields;
    readonly EventAggregator? _aggregator;

    /// <summary>A selection by filters as the API has them.</summary>
    /// <exception cref="FilterException">A filter has an error.</exception>
    public EventSelection(IReadOnlyCollection<Filter> allow, IReadOnlyCollection<Filter> deny, IReadOnlyCollection<FieldFilter> fields, AggregationOptions? aggregation, ExportOptions export)
    {
        if (allow.Count + deny.Count > 0) _filter = EventFilter.Compile(allow, deny, export);
        if (fields.Count > 0) _fields = FieldFilters.Compile(fields);
        if (aggregation is not null) _aggregator = new EventAggregator(aggregation);
    }

    /// <summary>Whether events that are wanted go on as they are.</summary>
    public bool KeepsLines => _fields is null && _aggregator is null;

    /// <summary>How often a CEL expression could not be evaluated.</summary>
    public long EvaluationErrors => _filter?.EvaluationErrors ?? 0;

    /// <summary>Whether filters let an event through.</summary>
    public bool Wants(in ExportedEvent exported) => _filter is null || _filter.Matches(exported);

    /// <summary>Hands on what becomes of an event that is wanted, now or when its window ends.</summary>
    public void Write(in ExportedEvent exported, EventAggregator.LineSink sink)
    {
        var line = _fields is null ? exported.Line : _fields.Apply(exported.Type, exported.Line);
        if (_aggregator is null) sink(line);
        else _aggregator.Add(exported.Type, line, Stopwatch.GetElapsedTime(0), sink);
    }

    /// <summary>Hands on the events whose windows have ended.</summary>
    public void Flush(EventAggregator.LineSink sink) => _aggregator?.Flush(Stopwatch.GetElapsedTime(0), sink);

    /// <summary>Hands on everything that waits.</summary>
    public void FlushAll(EventAggregator.LineSink sink) => _aggregator?.FlushAll(sink);
}
