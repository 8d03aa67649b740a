namespace Skep.Falco;

/// <summary>A rule file to load.</summary>
/// <param name="Name">Its name in messages.</param>
/// <param name="Text">Its text.</param>
public sealed record FalcoSource(string Name, string Text);
