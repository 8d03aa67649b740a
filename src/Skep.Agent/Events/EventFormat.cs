namespace Skep.Agent.Events;

/// <summary>How events are written.</summary>
public enum EventFormat
{
    /// <summary>One line for people.</summary>
    Compact,

    /// <summary>Tetragon's export JSON, one object a line.</summary>
    Json,

    /// <summary>Not at all: other outputs have them.</summary>
    None,
}
