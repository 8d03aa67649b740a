using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Engine.Records;

namespace Skep.Engine.Evaluation;

/// <summary>What a condition is evaluated on.</summary>
readonly ref struct EvaluationFacts(HookRecord record, ReadOnlySpan<byte> places, ProcessInfo? process, bool knowsContainer, ContainerInfo? container)
{
    readonly ReadOnlySpan<byte> _places = places;

    public readonly HookRecord Record = record;

    public readonly ProcessInfo? Process = process;

    public readonly bool KnowsContainer = knowsContainer;

    /// <summary>Null for the host.</summary>
    public readonly ContainerInfo? Container = container;

    /// <summary>A value's place in the record's table; -1 when it is not there.</summary>
    public int PlaceOf(int value)
    {
        if (!Record.Exists) return -1;
        var place = _places.IsEmpty ? value : value < _places.Length ? _places[value] : -1;
        return Record.IsCaptured(place) ? place : -1;
    }
}
