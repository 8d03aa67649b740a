if (args is [Skep.Bpf.KernelTests.TokenChild.Argument]) return Skep.Bpf.KernelTests.TokenChild.Run();
return Skep.Testing.TestRunner.Run(System.Reflection.Assembly.GetExecutingAssembly(), args);
