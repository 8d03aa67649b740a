using Xunit;

namespace Skep.Agent.KernelTests;

/// <summary>Tests whose policies act on the whole machine run one after the other.</summary>
[CollectionDefinition("this kernel", DisableParallelization = true)]
public class ThisKernel;
