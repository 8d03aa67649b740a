using Xunit;

namespace Skep.Engine.Tests;

/// <summary>Tests that measure the memory of the whole process run while no other does.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public class Alone;
