namespace Skep.Falco.Fields;

/// <summary>Something that an event says.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What its raw values are.</param>
public readonly record struct EventParameter(string Name, FieldType Type);
