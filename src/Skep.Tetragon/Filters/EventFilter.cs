using Skep.Tetragon.Api;
using Skep.Tetragon.Export;

namespace Skep.Tetragon.Filters;

/// <summary>
/// Which events someone wants: those that a filter of the first list lets pass, or all when it is empty, but for those that a filter of the
/// second list takes. Filters see what is printed: arguments are redacted before. Not for several threads at once.
/// </summary>
public sealed class EventFilter
{
    readonly EventTest[][] _allow, _deny;
    readonly EventView _view;

    EventFilter(EventTest[][] allow, EventTest[][] deny, EventView view) => (_allow, _deny, _view) = (allow, deny, view);

    /// <summary>Prepares the filters.</summary>
    /// <param name="allow">Any of them lets an event pass; none lets all pass.</param>
    /// <param name="deny">Any of them takes an event.</param>
    /// <param name="options">How events are printed; by default those of a new <see cref="ExportOptions"/>.</param>
    /// <exception cref="FilterException">A filter is wrong; the message names its member.</exception>
    public static EventFilter Compile(IEnumerable<Filter> allow, IEnumerable<Filter> deny, ExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(allow);
        ArgumentNullException.ThrowIfNull(deny);
        var view = new EventView(options ?? new ExportOptions());
        return new EventFilter(
            [.. allow.Select((filter, i) => FilterCompiler.Compile(filter, $"allow_list[{i}]", view))],
            [.. deny.Select((filter, i) => FilterCompiler.Compile(filter, $"deny_list[{i}]", view))],
            view);
    }

    /// <summary>How often a CEL expression could not be evaluated; the event did not match it then.</summary>
    public long EvaluationErrors => _view.EvaluationErrors;

    /// <summary>Whether the event is wanted.</summary>
    public bool Matches(in ExportedEvent exported)
    {
        _view.Forget();
        foreach (var tests in _deny)
        {
            if (HoldAll(tests, exported)) return false;
        }
        if (_allow.Length == 0) return true;
        foreach (var tests in _allow)
        {
            if (HoldAll(tests, exported)) return true;
        }
        return false;
    }

    static bool HoldAll(EventTest[] tests, in ExportedEvent exported)
    {
        foreach (var test in tests)
        {
            if (!test.Holds(exported)) return false;
        }
        return true;
    }
}
