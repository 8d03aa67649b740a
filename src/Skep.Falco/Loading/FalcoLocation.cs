namespace Skep.Falco.Loading;

/// <summary>A place in a rule file, with the item that is there.</summary>
/// <param name="ItemType">What is there.</param>
/// <param name="ItemName">Its name; empty when it has none.</param>
/// <param name="Name">The file's name, or the start of a condition in quotes.</param>
/// <param name="Line">From 0, as Falco counts.</param>
/// <param name="Column">From 0.</param>
/// <param name="Offset">Characters from the start.</param>
public sealed record FalcoLocation(string ItemType, string ItemName, string Name, int Line, int Column, int Offset);
