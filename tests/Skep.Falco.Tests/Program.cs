return Skep.Testing.TestRunner.Run(System.Reflection.Assembly.GetExecutingAssembly(), args);
