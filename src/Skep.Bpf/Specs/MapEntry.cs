namespace Skep.Bpf;

/// <summary>One initial element of a map.</summary>
/// <param name="Key">The raw key in the object's byte order.</param>
/// <param name="Value">The raw value; empty when <paramref name="Symbol"/> names it.</param>
/// <param name="Symbol">The program (prog arrays) or inner map (maps of maps) to put there; null for raw values.</param>
public readonly record struct MapEntry(byte[] Key, byte[] Value, string? Symbol = null);
