namespace Skep.Falco.Output;

/// <summary>What alerts look like; the names are those of <c>falco.yaml</c>.</summary>
public sealed record AlertOptions
{
    /// <summary><c>time_format_iso_8601</c></summary>
    public bool TimeInIso8601 { get; init; }

    /// <summary><c>buffer_format_base64</c></summary>
    public bool BuffersInBase64 { get; init; }

    /// <summary><c>json_include_output_property</c></summary>
    public bool IncludeOutput { get; init; } = true;

    /// <summary><c>json_include_message_property</c></summary>
    public bool IncludeMessage { get; init; }

    /// <summary><c>json_include_output_fields_property</c></summary>
    public bool IncludeOutputFields { get; init; } = true;

    /// <summary><c>json_include_tags_property</c></summary>
    public bool IncludeTags { get; init; } = true;

    /// <summary>The machine's name in alerts.</summary>
    public string Hostname { get; init; } = Environment.MachineName;
}
