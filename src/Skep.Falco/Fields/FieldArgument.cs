namespace Skep.Falco.Fields;

/// <summary>What may stand in brackets behind a field.</summary>
public enum FieldArgument
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>A number.</summary>
    Index,
    /// <summary>A name.</summary>
    Key,
    /// <summary>Either.</summary>
    Any,
    /// <summary>The name or the number of an event's parameter.</summary>
    Parameter,
}
