using Skep.Falco.Fields;

namespace Skep.Falco.Evaluation;

/// <summary>An event that rules look at.</summary>
public interface IFalcoEvent
{
    /// <summary>What happened: a place in <see cref="EventCatalogue"/>.</summary>
    int EventType { get; }

    /// <summary>
    /// Reads a field. Fields with several values – lists, all ancestors from the parent upwards, both ends of a connection – have them at 0, 1, 2 …; others at 0.
    /// What is missing has none. Of the fields that only tell the time, <c>evt.rawtime</c> alone is asked for.
    /// </summary>
    bool TryRead(FieldReference field, int position, out FieldValue value);
}
