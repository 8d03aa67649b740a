namespace Skep.Engine.Recording;

/// <summary>Turns a dialect's own data about a hook (<see cref="Rules.HookRequest.Tag"/>) into text and back, so that recorded events read as live ones.</summary>
public interface IHookTagCodec
{
    /// <summary>The text; empty for a tag that is not the dialect's.</summary>
    string Write(object tag);

    /// <summary>The tag; null when the text is not one.</summary>
    object? Read(string text);
}
