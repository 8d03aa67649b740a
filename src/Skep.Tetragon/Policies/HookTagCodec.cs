using System.Text.Json;
using Skep.Engine.Recording;

namespace Skep.Tetragon.Policies;

/// <summary>Hooks' tags as JSON, for recordings.</summary>
public sealed class HookTagCodec : IHookTagCodec
{
    HookTagCodec()
    {
    }

    /// <summary>The one that there is.</summary>
    public static HookTagCodec Instance { get; } = new();

    /// <inheritdoc/>
    public string Write(object tag) => tag is HookTag own ? JsonSerializer.Serialize(own, HookTagJson.Default.HookTag) : "";

    /// <inheritdoc/>
    public object? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, HookTagJson.Default.HookTag);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
